import { expect } from 'chai';
import { placeProbabilities } from '../../../recommender/ranker/index.js';
import type { Beta } from '../../../recommender/ranker/index.js';

const beta = (taken: number, refused: number): Beta => ({ taken, refused });

describe('the probability of a place among Beta draws', () => {
  it('is what integrals say: 2/3 that Beta(2, 1) beats Beta(1, 1), 1/7 that Beta(1, 1) is the least of three', () => {
    expect(placeProbabilities([beta(2, 1), beta(1, 1)], [0, 1])).to.satisfy((found: number[]) =>
      found.every((value) => Math.abs(value - 2 / 3) < 1e-4),
    );
    // Beta(1, 1) is the least of itself and two Beta(1, 3) with probability ∫ (1 − x)⁶ dx = 1/7.
    const [, , least = NaN] = placeProbabilities([beta(1, 1), beta(1, 3), beta(1, 3)], [1, 2, 0]);
    expect(least).to.be.closeTo(1 / 7, 1e-4);
  });

  it('is shared evenly by equal arms, at every place', () => {
    const arms = Array.from({ length: 40 }, () => beta(1, 19));
    for (const value of placeProbabilities(arms, [7, 3, 30])) expect(value).to.be.closeTo(1 / 40, 1e-4);
  });

  it('adds up to 1 over the arms, also where some are known a thousand times better than others', () => {
    const arms = [beta(1, 19), beta(50_000, 950_000), beta(3, 17), beta(900, 17_000), beta(0.5, 0.5)];
    let sum = 0;
    arms.forEach((_, arm) => (sum += placeProbabilities(arms, [arm])[0] ?? NaN));
    expect(sum).to.be.closeTo(1, 1e-3);
  });
});

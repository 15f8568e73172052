import { expect } from 'chai';
import { EASE_MOST_ITEMS, ridgeInverse } from '../../../recommender/baselines/index.js';
import { uniformBelow } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';

const ITEMS = 37;

function randomHistories(): Int32Array[] {
  const random = seeded('ease');
  return Array.from({ length: 60 }, () =>
    Int32Array.from({ length: 1 + uniformBelow(random, 9) }, () => uniformBelow(random, ITEMS - 1)),
  );
}

describe('the ridge inverse of EASE', () => {
  it('times XᵀX + λI is the identity, for every column and an item that nobody bought', () => {
    const histories = randomHistories();
    const { inverse, diagonal } = ridgeInverse(histories, ITEMS, 5);
    const gram = Array.from({ length: ITEMS }, (_, row) => {
      const line = new Array<number>(ITEMS).fill(0);
      line[row] = 5;
      return line;
    });
    for (const basket of histories.map((history) => new Set(history))) {
      for (const one of basket) for (const other of basket) gram[one]?.splice(other, 1, (gram[one][other] ?? 0) + 1);
    }
    for (let row = 0; row < ITEMS; row++) {
      for (let column = 0; column < ITEMS; column++) {
        const product = gram[row]?.reduce((sum, value, item) => sum + value * (inverse[column * ITEMS + item] ?? 0), 0);
        expect(product).to.be.closeTo(row === column ? 1 : 0, 1e-4);
      }
      expect(diagonal[row]).to.equal(inverse[row * ITEMS + row]);
    }
    expect(diagonal[ITEMS - 1]).to.be.closeTo(1 / 5, 1e-7);
  });

  it('refuses a catalogue whose dense matrix would not fit', () => {
    expect(() => ridgeInverse([], EASE_MOST_ITEMS + 1, 100))
      .to.throw()
      .with.property('code', 'MODEL_TOO_LARGE');
  });
});

import { expect } from 'chai';
import {
  gaussianEpsilon,
  pldDelta,
  pldDeltaBounds,
  pldEpsilonBounds,
  sampledGaussianDelta,
} from '../../../privacy/index.js';
import {
  discreteLaplace,
  expectAround,
  gaussian,
  hockeyStick,
  laplace,
  product,
  pure,
  shiftedLaplace,
} from './outcomes.js';
import type { Outcomes } from './outcomes.js';

describe('privacy: bounds of a privacy loss distribution that hold the exact value between them', () => {
  it('for unsampled Gaussians of any width and number, at any δ', () => {
    for (const [z, steps] of [
      [0.3, 1],
      [1, 1],
      [1, 7],
      [4, 100],
      [50, 1],
    ] as const)
      for (const delta of [0.1, 1e-5, 1e-10, 1e-15]) {
        const exact = gaussianEpsilon(z / Math.sqrt(steps), delta);
        expectAround(
          pldEpsilonBounds([gaussian(z, 1, steps)], delta),
          exact,
          1e-5 * (1 + exact),
          `${z} ${steps} ${delta}`,
        );
      }
  });

  it('for one sampled Gaussian release, the worse of adding and removing', () => {
    for (const [z, q] of [
      [0.5, 0.01],
      [1, 0.3],
      [3, 0.9],
      [20, 0.001],
    ] as const)
      for (const epsilon of [0, 0.05, 1, 3]) {
        const terms = { noiseMultiplier: z, samplingRate: q };
        const exact = Math.max(
          sampledGaussianDelta({ ...terms, adjacency: 'remove' }, epsilon),
          sampledGaussianDelta({ ...terms, adjacency: 'add' }, epsilon),
        );
        const name = `z ${z} q ${q} ε ${epsilon}`;
        expectAround(pldDeltaBounds([gaussian(z, q, 1)], epsilon), exact, 2e-7 + 2e-4 * exact, name);
      }
  });

  it('for discrete Laplace noise: tanh(ε/2) at K 1, and any shift by K against the definition', () => {
    for (const epsilon of [0.1, 1, 4])
      expectAround(pldDeltaBounds([discreteLaplace(epsilon, 1)], 0), Math.tanh(epsilon / 2), 1e-11);
    for (const [decay, shift] of [
      [0.5, 2],
      [0.9, 3],
      [0.4, 7],
    ] as const)
      for (const epsilon of [0, 0.3, 0.77, 1.5]) {
        const exact = hockeyStick(shiftedLaplace(decay, shift), epsilon);
        const bounds = pldDeltaBounds([discreteLaplace(decay * shift, shift)], epsilon);
        // Outcomes beyond the enumeration weigh less than e^−40.
        expect(bounds.upper).to.be.within(exact - 1e-15, exact + 1e-10);
        expect(bounds.lower).to.be.within(exact - 1e-10, exact + 1e-15);
      }
  });

  it('for continuous Laplace noise: 1 − e^((ε−1/b)/2) for one release', () => {
    for (const b of [0.5, 1, 3])
      for (const epsilon of [0, 0.2, 0.9]) {
        const exact = Math.max(0, -Math.expm1((epsilon - 1 / b) / 2));
        expectAround(pldDeltaBounds([laplace(b)], epsilon), exact, 1e-7, `b ${b} ε ${epsilon}`);
      }
  });

  it('for randomised response composed, by the binomial sum', () => {
    const [epsilon, steps] = [0.3, 50];
    const p = 1 / (1 + Math.exp(-epsilon));
    let exact = 0;
    let weight = 1;
    for (let k = 0; k <= steps; k++) {
      const loss = (2 * k - steps) * epsilon;
      if (loss > 2) exact += weight * p ** k * (1 - p) ** (steps - k) * -Math.expm1(2 - loss);
      weight *= (steps - k) / (k + 1);
    }
    expectAround(
      pldDeltaBounds(
        Array.from({ length: steps }, () => pure(epsilon)),
        2,
      ),
      exact,
      1e-9,
    );
  });

  it('for small compositions of different sampled mechanisms, by enumeration', () => {
    const sampled = (outcomes: Outcomes, q: number): Outcomes =>
      outcomes.map(([p, r]) => [(1 - q) * r + q * p, r] as const);
    const outcomes = product([
      sampled(shiftedLaplace(0.8, 1, 40), 0.3),
      shiftedLaplace(0.5, 2, 60),
      sampled(shiftedLaplace(1.1, 1, 30), 0.6),
    ]);
    const events = [discreteLaplace(0.8, 1, 0.3), discreteLaplace(1, 2), discreteLaplace(1.1, 1, 0.6)];
    for (const epsilon of [0, 0.5, 1, 2])
      expectAround(pldDeltaBounds(events, epsilon), hockeyStick(outcomes, epsilon), 5e-5, `ε ${epsilon}`);
  });

  it('positive control: an unsampled or a halved history falls outside', () => {
    const { lower } = pldDeltaBounds([gaussian(1, 0.3, 4)], 1);
    expect(pldDelta([gaussian(1, 0.3, 2)], 1)).to.be.below(lower);
    expect(pldDeltaBounds([gaussian(1, 1, 4)], 1).lower).to.be.above(pldDelta([gaussian(1, 0.3, 4)], 1));
  });

  it('are close to each other for long schedules, and closer on a finer grid', () => {
    const schedule = [gaussian(1, 0.05, 300)];
    const coarse = pldEpsilonBounds(schedule, 1e-6, { interval: 4e-4 });
    const fine = pldEpsilonBounds(schedule, 1e-6, { interval: 1e-4 });
    expect(coarse.lower).to.be.below(fine.lower).and.below(fine.upper);
    expect(coarse.upper).to.be.above(fine.upper);
    expect(fine.upper - fine.lower).to.be.below((coarse.upper - coarse.lower) / 8);
    expect(fine.upper - fine.lower).to.be.below(1e-4);
  });

  it('a shopper whose counts are spread over coordinates is covered by the shift of one by K', () => {
    const decay = 0.6;
    for (const split of [
      [1, 1],
      [2, 1],
      [1, 1, 1],
    ]) {
      const total = split.reduce((sum, part) => sum + part, 0);
      const spread = product(split.map((shift) => shiftedLaplace(decay, shift, 25)));
      for (let epsilon = 0; epsilon < decay * total; epsilon += 0.1)
        expect(hockeyStick(spread, epsilon)).to.be.at.most(
          pldDelta([discreteLaplace(decay * total, total)], epsilon) + 1e-6,
        );
    }
  });
});

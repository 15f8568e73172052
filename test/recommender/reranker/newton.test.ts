import { expect } from 'chai';
import {
  baseLogit,
  FEATURE_COUNT,
  NEWTON_LENGTH,
  newtonContribution,
  scoreLinear,
  solveNewton,
  STRICT_FEATURES,
} from '../../../recommender/reranker/index.js';
import type { StrictList } from '../../../recommender/reranker/index.js';
import { randomList } from './random-list.js';

const D = STRICT_FEATURES.length;
const at = (array: ArrayLike<number>, index: number): number => array[index] ?? Number.NaN;

/** The loss of a list at weights of the strict features: −ln softmax(base + w·φ)[target]. */
function loss(list: StrictList, weights: Float64Array): number {
  const logits = scoreLinear({ kind: 'linear', weights, servingWeight: 1 }, list);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return Math.log(total) - at(logits, list.target);
}

function nudged(changes: readonly [number, number][]): Float64Array {
  const weights = new Float64Array(D);
  for (const [index, change] of changes) weights[index] = at(weights, index) + change;
  return weights;
}

describe('the one-round re-ranker', () => {
  it('contributes the negative slope of the loss at the mix', () => {
    const list = randomList('slope', { length: 17, target: 5 });
    const contribution = newtonContribution(list);
    for (let index = 0; index < D; index += 1) {
      const step = 1e-5;
      const slope = (loss(list, nudged([[index, step]])) - loss(list, nudged([[index, -step]]))) / (2 * step);
      expect(at(contribution, index)).to.be.closeTo(-slope, 1e-7);
    }
  });

  it('contributes half the curvature of the loss at the mix, upper triangle by rows', () => {
    const list = randomList('curvature', { length: 17, target: 5 });
    const contribution = newtonContribution(list);
    const step = 1e-3;
    let cell = D;
    for (let a = 0; a < D; a += 1)
      for (let b = a; b < D; b += 1) {
        const corner = (x: number, y: number): number =>
          loss(
            list,
            nudged([
              [a, x * step],
              [b, y * step],
            ]),
          );
        const curvature = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * step * step);
        expect(at(contribution, cell)).to.be.closeTo(curvature / 2, 1e-5);
        cell += 1;
      }
    expect(cell).to.equal(NEWTON_LENGTH);
  });

  it('gets nothing from a shopper whose target is not in the list, and from an empty list', () => {
    expect(newtonContribution(randomList('absent', { length: 60, target: -1 })).every((value) => value === 0)).to.equal(
      true,
    );
    expect(newtonContribution(randomList('empty', { length: 0, target: -1 })).every((value) => value === 0)).to.equal(
      true,
    );
  });

  it('never reads own features', () => {
    const list = randomList('own', { length: 30, target: 2 });
    const before = newtonContribution(list);
    for (let row = 0; row < 30; row += 1) list.features[row * FEATURE_COUNT + 2] = 7;
    expect(newtonContribution(list)).to.deep.equal(before);
  });

  it('solves the ridge system of the sums when there is no noise', () => {
    const sums = new Float64Array(NEWTON_LENGTH);
    for (let shopper = 0; shopper < 40; shopper += 1)
      newtonContribution(randomList(`solve ${shopper}`, { length: 60, target: shopper })).forEach((value, index) => {
        sums[index] = at(sums, index) + value;
      });
    const { weights } = solveNewton(sums, { noiseDeviation: 0, ridge: 3 });
    let cell = D;
    const image = weights.map((weight) => 3 * weight);
    for (let a = 0; a < D; a += 1)
      for (let b = a; b < D; b += 1) {
        image[a] = at(image, a) + 2 * at(sums, cell) * at(weights, b);
        if (a !== b) image[b] = at(image, b) + 2 * at(sums, cell) * at(weights, a);
        cell += 1;
      }
    image.forEach((value, index) => expect(value).to.be.closeTo(at(sums, index), 1e-9));
  });

  it('shrinks under noise, and treats directions that noise made negative as flat', () => {
    const sums = new Float64Array(NEWTON_LENGTH);
    sums[0] = 100;
    sums[D] = -20;
    const quiet = solveNewton(sums, { noiseDeviation: 0 });
    const noisy = solveNewton(sums, { noiseDeviation: 6 });
    expect(at(quiet.weights, 0)).to.be.closeTo(100 / 50, 1e-12);
    expect(at(noisy.weights, 0)).to.be.closeTo(100 / (50 + 2 * 6 * Math.sqrt(20)), 1e-12);
  });

  it('serves the base logits plus the weighted correction', () => {
    const list = randomList('serve', { length: 4, target: 1 });
    const weights = nudged([[3, 2]]);
    const scores = scoreLinear({ kind: 'linear', weights, servingWeight: 0.6 }, list);
    const feature = at(list.features, 2 * FEATURE_COUNT + (STRICT_FEATURES[3] ?? 0));
    expect(at(scores, 2)).to.be.closeTo(baseLogit(2) + 0.6 * 2 * feature, 1e-6);
  });

  it('refuses sums of a wrong length, that are not finite, and a negative deviation', () => {
    expect(() => solveNewton(new Float64Array(3), { noiseDeviation: 0 })).to.throw(RangeError);
    expect(() => solveNewton(new Float64Array(NEWTON_LENGTH).fill(Number.NaN), { noiseDeviation: 0 })).to.throw(
      RangeError,
    );
    expect(() => solveNewton(new Float64Array(NEWTON_LENGTH), { noiseDeviation: -1 })).to.throw(RangeError);
  });
});

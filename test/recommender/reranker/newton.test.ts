import { expect } from 'chai';
import {
  baseLogit,
  drawProjection,
  evidenceLogit,
  FEATURE_COUNT,
  initialLinear,
  NEWTON_LENGTH,
  newtonContribution,
  newtonLength,
  OWN_FEATURES,
  RELEASED_WEIGHT,
  scoreLinear,
  solveNewton,
  STRICT_FEATURES,
  strictRows,
} from '../../../recommender/reranker/index.js';
import type { LinearReranker, StrictList } from '../../../recommender/reranker/index.js';
import { seeded } from '../support/coins.js';
import { randomFullList, randomList } from './random-list.js';

const D = STRICT_FEATURES.length;
const at = (array: ArrayLike<number>, index: number): number => array[index] ?? Number.NaN;

const MIX = initialLinear();

/** The loss of a list under a model: −ln softmax(logits)[target]. */
function loss(list: StrictList, model: LinearReranker): number {
  const logits = scoreLinear(model, list);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return Math.log(total) - at(logits, list.target);
}

function nudged(model: LinearReranker, changes: readonly [number, number][]): LinearReranker {
  const weights = model.weights.slice();
  for (const [index, change] of changes) weights[index] = at(weights, index) + change;
  return { ...model, weights };
}

const MODELS: readonly [string, LinearReranker][] = [
  ['the mix', MIX],
  ['a released model', { ...MIX, weights: Float64Array.from({ length: D }, (_, index) => Math.sin(index) / 4) }],
  ['a model over random features', initialLinear({ projection: drawProjection(seeded('projection'), 5) })],
];

describe('the linear re-ranker by Newton steps', () => {
  for (const [name, model] of MODELS) {
    const width = model.weights.length;
    const list = randomList('slope', { length: 17, target: 5 });

    it(`contributes the negative slope of the loss at ${name}`, () => {
      const contribution = newtonContribution([list], model);
      for (let index = 0; index < width; index += 1) {
        const step = 1e-5;
        const rise = loss(list, nudged(model, [[index, step]])) - loss(list, nudged(model, [[index, -step]]));
        expect(at(contribution, index)).to.be.closeTo(-rise / (2 * step), 1e-7);
      }
    });

    it(`contributes half the curvature of the loss at ${name}, upper triangle by rows`, () => {
      const contribution = newtonContribution([list], model);
      const step = 1e-3;
      let cell = width;
      for (let a = 0; a < width; a += 1)
        for (let b = a; b < width; b += 1) {
          const corner = (x: number, y: number): number =>
            loss(
              list,
              nudged(model, [
                [a, x * step],
                [b, y * step],
              ]),
            );
          const curvature = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * step * step);
          expect(at(contribution, cell)).to.be.closeTo(curvature / 2, 2e-5);
          cell += 1;
        }
      expect(cell).to.equal(newtonLength(width));
    });
  }

  it('gets from a shopper with several lists the sum of what each gives', () => {
    for (const [, model] of MODELS) {
      const lists = [3, 11, -1].map((target) => randomList(`several ${target}`, { length: 30, target }));
      const each = lists.map((list) => newtonContribution([list], model));
      newtonContribution(lists, model).forEach((value, index) =>
        expect(value).to.be.closeTo(
          each.reduce((sum, part) => sum + at(part, index), 0),
          1e-12,
        ),
      );
    }
  });

  it('gets nothing from a shopper whose target is not in the list, and from an empty list', () => {
    expect(
      newtonContribution([randomList('absent', { length: 60, target: -1 })], MIX).every((value) => value === 0),
    ).to.equal(true);
    expect(
      newtonContribution([randomList('empty', { length: 0, target: -1 })], MIX).every((value) => value === 0),
    ).to.equal(true);
  });

  it('never reads own features', () => {
    for (const [, model] of MODELS) {
      const list = randomList('own', { length: 30, target: 2 });
      const before = newtonContribution([list], model);
      for (let row = 0; row < 30; row += 1) list.features[row * FEATURE_COUNT + 2] = 7;
      expect(newtonContribution([list], model)).to.deep.equal(before);
    }
  });

  it('solves the ridge system of the sums when there is no noise', () => {
    const sums = new Float64Array(NEWTON_LENGTH);
    for (let shopper = 0; shopper < 40; shopper += 1)
      newtonContribution([randomList(`solve ${shopper}`, { length: 60, target: shopper })], MIX).forEach(
        (value, index) => {
          sums[index] = at(sums, index) + value;
        },
      );
    const { weights } = solveNewton(MIX, sums, { noiseDeviation: 0, ridge: 3 });
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
    const quiet = solveNewton(MIX, sums, { noiseDeviation: 0 });
    const noisy = solveNewton(MIX, sums, { noiseDeviation: 6 });
    expect(at(quiet.weights, 0)).to.be.closeTo(100 / 50, 1e-12);
    expect(at(noisy.weights, 0)).to.be.closeTo(100 / (50 + 2 * 6 * Math.sqrt(D)), 1e-12);
  });

  it('serves the base logits plus the weighted correction', () => {
    const list = randomList('serve', { length: 4, target: 1 });
    const scores = scoreLinear({ ...nudged(MIX, [[3, 2]]), servingWeight: 0.6 }, list);
    const feature = at(list.features, 2 * FEATURE_COUNT + (STRICT_FEATURES[3] ?? 0));
    expect(at(scores, 2)).to.be.closeTo(baseLogit(2) + 0.6 * 2 * feature, 1e-6);
  });

  it('goes on from the weights of an earlier release, and stays where two rounds of the same shoppers agree', () => {
    const lists = Array.from({ length: 200 }, (_, shopper) =>
      randomList(`rounds ${shopper}`, { length: 20, target: shopper % 20 }),
    );
    let model = MIX;
    const steps: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const sums = new Float64Array(NEWTON_LENGTH);
      for (const list of lists)
        newtonContribution([list], model).forEach((value, index) => (sums[index] = at(sums, index) + value));
      const next = solveNewton(model, sums, { noiseDeviation: 0, ridge: 3 });
      steps.push(Math.hypot(...next.weights.map((weight, index) => weight - at(model.weights, index))));
      model = next;
    }
    expect(at(steps, 0)).to.be.greaterThan(0.05);
    expect(at(steps, 5)).to.be.lessThan(1e-9);
  });

  it('serves own evidence beside a correction: an item without evidence keeps its logit, and the mix stays the mix', () => {
    const strict = randomList('evidence', { length: 6, target: 1 });
    const full = randomFullList('evidence', { length: 6, target: 1 });
    for (const feature of OWN_FEATURES) full.features[4 * FEATURE_COUNT + feature] = 0;
    const trained = nudged(MIX, [[3, 0.5]]);
    const [without, withEvidence] = [scoreLinear(trained, strict), scoreLinear(trained, full)];
    expect(at(withEvidence, 4)).to.equal(at(without, 4));
    for (const row of [0, 1, 2, 3, 5])
      expect(at(withEvidence, row) - at(without, row)).to.be.closeTo(evidenceLogit(full.features, row), 1e-9);
    expect(evidenceLogit(full.features, 0)).not.to.equal(0);
    scoreLinear(MIX, full).forEach((logit, row) => expect(logit).to.be.closeTo(baseLogit(row), 0));
  });

  it('serves released counts beside a correction in the same way, and the mix stays the mix', () => {
    const full = randomFullList('released', { length: 6, target: 1 });
    const released = Float32Array.of(0, 0.5, 0, 2, 0, 0);
    const trained = nudged(MIX, [[3, 0.5]]);
    const [without, withReleased] = [scoreLinear(trained, full), scoreLinear(trained, { ...full, released })];
    released.forEach((value, row) =>
      expect(at(withReleased, row) - at(without, row)).to.be.closeTo(RELEASED_WEIGHT * value, 1e-9),
    );
    expect(scoreLinear(MIX, { ...full, released })).to.deep.equal(scoreLinear(MIX, full));
  });

  it('draws the same random features from the same public coins, and others from others', () => {
    const one = drawProjection(seeded('public'), 3);
    expect(drawProjection(seeded('public'), 3)).to.deep.equal(one);
    expect(drawProjection(seeded('other'), 3)).not.to.deep.equal(one);
    const list = randomList('bend', { length: 1, target: 0 });
    const rows = strictRows(list.features, one);
    const phi = STRICT_FEATURES.map((feature) => at(list.features, feature));
    for (let unit = 0; unit < 3; unit += 1) {
      const sum = phi.reduce((total, value, column) => total + value * at(one.weights, unit * D + column), 0);
      expect(at(rows, D + unit)).to.be.closeTo(Math.max(0, sum + at(one.biases, unit)), 1e-6);
    }
  });

  it('refuses sums of a wrong length, that are not finite, and a negative deviation', () => {
    expect(() => solveNewton(MIX, new Float64Array(3), { noiseDeviation: 0 })).to.throw(RangeError);
    expect(() => solveNewton(MIX, new Float64Array(NEWTON_LENGTH).fill(Number.NaN), { noiseDeviation: 0 })).to.throw(
      RangeError,
    );
    expect(() => solveNewton(MIX, new Float64Array(NEWTON_LENGTH), { noiseDeviation: -1 })).to.throw(RangeError);
  });
});

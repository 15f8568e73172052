import { expect } from 'chai';
import { loadEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import {
  baseLogit,
  FEATURE_COUNT,
  initialMlp,
  LIST_SIZE,
  localTraining,
  MLP_HIDDEN,
  MLP_LAYOUT,
  MLP_LENGTH,
  OWN_FEATURES,
  listGradients,
  scatterStrict,
  RELEASED_WEIGHT,
  scoreLinear,
  scoreMlp,
  STRICT_FEATURES,
  STRICT_PARAMETERS,
} from '../../../recommender/reranker/index.js';
import type { CandidateList, FullList } from '../../../recommender/reranker/index.js';
import { standardNormal } from '../../../recommender/random.js';
import { seeded } from '../support/coins.js';
import { randomFullList, randomList } from './random-list.js';

const at = (array: ArrayLike<number>, index: number): number => array[index] ?? Number.NaN;

/** Parameters with every part away from its initial value. */
function someParameters(): Float32Array {
  const random = seeded('parameters');
  return Float32Array.from({ length: MLP_LENGTH }, (_, index) =>
    index === MLP_LAYOUT.scale ? 1.2 : 0.3 * standardNormal(random),
  );
}

/** One list's loss and gradient by TF.js's own differentiation. */
function autodiff(engine: Engine, parameters: Float32Array, list: CandidateList): Float32Array {
  const { tf } = engine;
  const length = list.items.length;
  const gradient = tf.tidy(() => {
    const x = tf.tensor2d(list.features, [length, FEATURE_COUNT]);
    const base = tf.tensor1d(Array.from({ length }, (_, rank) => baseLogit(rank)));
    const slice = (p: ReturnType<typeof tf.tensor1d>, start: number, shape: [number, number]) =>
      tf.reshape(tf.slice(p, start, shape[0] * shape[1]), shape);
    const loss = (p: ReturnType<typeof tf.tensor1d>) => {
      const hidden = tf.relu(
        tf.add(
          tf.matMul(x, slice(p, MLP_LAYOUT.hiddenWeights, [FEATURE_COUNT, MLP_HIDDEN])),
          slice(p, MLP_LAYOUT.hiddenBias, [1, MLP_HIDDEN]),
        ),
      );
      const correction = tf.add(
        tf.matMul(x, slice(p, MLP_LAYOUT.linear, [FEATURE_COUNT, 1])),
        tf.matMul(hidden, slice(p, MLP_LAYOUT.outputWeights, [MLP_HIDDEN, 1])),
      );
      const logits = tf.add(tf.mul(tf.slice(p, MLP_LAYOUT.scale, 1), base), tf.reshape(correction, [length]));
      return tf.neg(tf.reshape(tf.slice(tf.log(tf.softmax(logits)), list.target, 1), []));
    };
    return tf.grad((p) => loss(p as ReturnType<typeof tf.tensor1d>))(tf.tensor1d(parameters));
  });
  const values = gradient.dataSync<'float32'>().slice();
  gradient.dispose();
  return values;
}

describe('the MLP re-ranker', () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine();
  });

  it('has 1,024 parameters: linear, W1, b1, W2, scale', () => {
    expect(MLP_LENGTH).to.equal(1024);
    expect(MLP_LAYOUT).to.deep.equal({
      linear: 0,
      hiddenWeights: 39,
      hiddenBias: 975,
      outputWeights: 999,
      scale: 1023,
    });
  });

  it('starts as exactly the mix', () => {
    const list = randomFullList('start', { length: 60, target: 3 });
    const model = { kind: 'mlp', parameters: initialMlp(seeded('init')), servingWeight: 1 } as const;
    const [scores = new Float32Array()] = scoreMlp(engine, model, [list]);
    scores.forEach((score, rank) => expect(score).to.equal(Math.fround(baseLogit(rank))));
  });

  it('starts as exactly a linear re-ranker where one is given', () => {
    const weights = Float64Array.from(STRICT_FEATURES, (_, index) => Math.sin(index));
    const linear = { kind: 'linear', weights, servingWeight: 0.6 } as const;
    const list = randomFullList('linear start', { length: 40, target: 3 });
    const parameters = initialMlp(seeded('init'), { linear });
    const [scores = new Float32Array()] = scoreMlp(engine, { kind: 'mlp', parameters, servingWeight: 1 }, [list]);
    const expected = scoreLinear(linear, list);
    expect(scores.length).to.equal(40);
    scores.forEach((score, rank) => expect(score).to.be.closeTo(at(expected, rank), 1e-5));
  });

  it('takes every shopper’s own gradient, as one shopper at a time gives it', () => {
    const parameters = someParameters();
    const lists: FullList[] = Array.from({ length: 9 }, (_, index) =>
      randomFullList(`gradient ${index}`, { length: index === 4 ? 13 : LIST_SIZE, target: index }),
    );
    const gradients = listGradients(engine, parameters, lists);
    expect(gradients.length).to.equal(9 * MLP_LENGTH);
    lists.forEach((list, row) => {
      const alone = autodiff(engine, parameters, list);
      const scale = Math.max(...alone.map(Math.abs));
      alone.forEach((value, column) =>
        expect(at(gradients, row * MLP_LENGTH + column)).to.be.closeTo(value, 2e-6 * scale),
      );
    });
  });

  it('serves released counts beside what it learned, and the mix stays the mix', () => {
    const full = randomFullList('released', { length: 6, target: 1 });
    const released = Float32Array.of(0, 0.5, 0, 2, 0, 0);
    const scores = (parameters: Float32Array): Float32Array[] =>
      scoreMlp(engine, { kind: 'mlp', parameters, servingWeight: 1 }, [full, { ...full, released }]);
    const [without = new Float32Array(), withReleased = new Float32Array()] = scores(someParameters());
    released.forEach((value, place) =>
      expect(at(withReleased, place) - at(without, place)).to.be.closeTo(RELEASED_WEIGHT * value, 1e-5),
    );
    const [mix, still] = scores(initialMlp(seeded('init')));
    expect(still).to.deep.equal(mix);
  });

  it('does not let one shopper’s list move another’s gradient', () => {
    const parameters = someParameters();
    const [one, two, three] = ['one', 'two', 'three'].map((seed) => randomList(seed, { length: 60, target: 7 }));
    if (one === undefined || two === undefined || three === undefined) throw new TypeError('three lists are needed');
    const width = STRICT_PARAMETERS.length;
    const together = listGradients(engine, parameters, [one, two]).subarray(0, width);
    expect(listGradients(engine, parameters, [one, three]).subarray(0, width)).to.deep.equal(together);
  });

  it('moves no parameter that reads own features, nor the scale, on strict lists', () => {
    const spread = scatterStrict(new Float64Array(STRICT_PARAMETERS.length).fill(1));
    expect(STRICT_PARAMETERS.length).to.equal(673);
    expect(at(spread, MLP_LAYOUT.scale)).to.equal(0);
    for (const feature of OWN_FEATURES) {
      expect(at(spread, MLP_LAYOUT.linear + feature)).to.equal(0);
      for (let unit = 0; unit < MLP_HIDDEN; unit += 1)
        expect(at(spread, MLP_LAYOUT.hiddenWeights + feature * MLP_HIDDEN + unit)).to.equal(0);
    }
    expect(spread.reduce((sum, value) => sum + value, 0)).to.equal(673);
    expect(() => scatterStrict(new Float64Array(3))).to.throw(RangeError);
  });

  it('gives no gradient to a shopper whose target is not in the list', () => {
    const gradients = listGradients(engine, someParameters(), [randomList('absent', { length: 60, target: -1 })]);
    expect(gradients.every((value) => value === 0)).to.equal(true);
  });

  it('learns locally what its lists have in common, and repeats with the same coins', () => {
    // Every target is the candidate with the greatest value of feature 9.
    const lists = Array.from({ length: 120 }, (_, index) => {
      const list = randomFullList(`learn ${index}`, { length: 60, target: 0 });
      const values = Array.from(list.items, (_item, row) => at(list.features, row * FEATURE_COUNT + 9));
      return { ...list, target: values.indexOf(Math.max(...values)) };
    });
    const train = lists.slice(0, 80);
    const start = initialMlp(seeded('init'));
    const learn = () =>
      localTraining(engine, start, train, { epochs: 12, batch: 16, learningRate: 0.05, random: seeded('order') });
    const learned = learn();
    expect(learn()).to.deep.equal(learned);
    const hits = (parameters: Float32Array): number =>
      scoreMlp(engine, { kind: 'mlp', parameters, servingWeight: 1 }, lists.slice(80)).filter(
        (scores, row) => scores.indexOf(Math.max(...scores)) === lists[80 + row]?.target,
      ).length;
    expect(hits(start)).to.be.below(6);
    expect(hits(learned)).to.be.above(15);
  });

  it('leaves parameters as they are when no list has its target', () => {
    const start = someParameters();
    const absent = [randomList('absent', { length: 60, target: -1 })];
    expect(localTraining(engine, start, absent, { random: seeded('order') })).to.deep.equal(start);
  });
});

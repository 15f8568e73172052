import { expect } from 'chai';
import { startEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import { shuffle, uniformBelow } from '../../../recommender/random.js';
import {
  augmented,
  newestExample,
  TowerScorer,
  trainedCount,
  trainedTower,
  trainTower,
  untrainedTower,
  withTrained,
} from '../../../recommender/tower/index.js';
import type { TowerData, TowerForm, TowerTraining } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { featureTable, ITEMS, lively, SMALL_TOWER } from './scene.js';

/** Shoppers who walk through the items in one fixed order that texts say nothing about. */
function walks(count: number, seed: string): Int32Array[] {
  const after = shuffle(
    Int32Array.from({ length: ITEMS }, (_, item) => item),
    seeded('order'),
  );
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const start = uniformBelow(random, ITEMS);
    return Int32Array.from({ length: 6 }, (_, step) => after[(start + step) % ITEMS] ?? 0);
  });
}

const texts = {
  items: ITEMS,
  dimensions: SMALL_TOWER.features,
  vectors: featureTable(SMALL_TOWER.features, ITEMS).subarray(0, ITEMS * SMALL_TOWER.features),
};
const data: TowerData = {
  texts,
  sequences: walks(160, 'shoppers'),
  validation: walks(40, 'others').map(newestExample),
};
const QUICK: Partial<TowerTraining> = { epochs: 6, batch: 32, negatives: 24, learningRate: 5e-3, warmUp: 5 };
const start = untrainedTower(SMALL_TOWER, seeded('start'));

describe('training the tower', () => {
  let engine: Engine;

  before(async () => {
    engine = await startEngine({ only: 'wasm' });
  });

  const last = (training: Partial<TowerTraining>, given = data) => {
    const seen = [];
    const run = trainTower(engine, start, given, seeded('coins'), { ...QUICK, ...training });
    let next = run.next();
    for (; next.done !== true; next = run.next()) seen.push(next.value);
    return { model: next.value, seen };
  };

  it('lowers the loss, and finds what texts do not say', () => {
    const { seen } = last({ augmentation: undefined, dropout: 0 });
    expect(seen.at(-1)?.loss).to.be.below(0.7 * (seen[0]?.loss ?? 0));
    expect(seen.at(-1)?.validation).to.be.above((seen[0]?.validation ?? 1) + 0.05);
  });

  it('gives the same bits for the same coins, augmentation and dropout included, and others for others', () => {
    const [one, two] = [last({ epochs: 2 }).model, last({ epochs: 2 }).model];
    expect(one.parameters).to.deep.equal(two.parameters);
    const other = trainedTower(engine, start, data, seeded('other coins'), { ...QUICK, epochs: 2 });
    expect(other.parameters).not.to.deep.equal(one.parameters);
  });

  it('stops after so many epochs without a better validation figure, and returns the best model', () => {
    // At such a rate the model only gets worse.
    const { model, seen } = last({ epochs: 9, patience: 2, learningRate: 10 });
    expect(seen.length).to.be.below(9);
    const best = Math.max(...seen.map(({ validation }) => validation ?? 0));
    if (seen[0]?.validation !== best) expect(model.parameters).to.deep.equal(start.parameters);
  });

  it('returns the last model where nobody validates', () => {
    const { model, seen } = last({ epochs: 2 }, { texts, sequences: data.sequences });
    expect(seen.map(({ validation }) => validation)).to.deep.equal([undefined, undefined]);
    expect(model.parameters).not.to.deep.equal(start.parameters);
  });

  it('gives the memory back, also when it is stopped in the middle', () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    for (const progress of trainTower(engine, start, data, seeded('coins'), QUICK)) if (progress.epoch === 2) break;
    last({ epochs: 1 });
    expect(tf.memory().numTensors).to.equal(before);
  });

  for (const form of [{ kind: 'adapter' }, { kind: 'low-rank', rank: 4 }] as const satisfies TowerForm[]) {
    it(`in the form ${form.kind} changes nothing but what the form trains`, () => {
      const { model, seen } = last({ form, epochs: 3 });
      expect(seen.at(-1)?.loss).to.be.below(seen[0]?.loss ?? 0);
      const changed = model.parameters.filter((value, at) => value !== start.parameters[at]).length;
      const most = form.kind === 'adapter' ? trainedCount(SMALL_TOWER, form) : 2 * 2 * SMALL_TOWER.width ** 2;
      expect(changed).to.be.within(1, most);
    });
  }

  it('merges a low-rank correction into the very model that was trained', () => {
    const form = { kind: 'low-rank', rank: 4 } as const;
    const count = trainedCount(SMALL_TOWER, form);
    const base = lively(SMALL_TOWER);
    const zero = withTrained(base, form, new Float32Array(count));
    expect(zero.parameters).to.deep.equal(base.parameters);
    expect(() => withTrained(base, form, new Float32Array(count + 1))).to.throw(RangeError);
  });

  it('scores an empty history with zeros, and any history as alone', () => {
    const scorer = new TowerScorer(engine, lively(SMALL_TOWER), texts);
    const histories = [Int32Array.of(), Int32Array.of(3, 5), Int32Array.of(1, 2, 3, 4, 5, 6, 7)];
    const all = Array.from(scorer.blocks(histories), ({ scores }) => Array.from(scores)).flat();
    expect(all.slice(0, ITEMS).every((score) => score === 0)).to.equal(true);
    const alone = Array.from(scorer.blocks(histories.slice(2)), ({ scores }) => Array.from(scores)).flat();
    alone.forEach((score, item) => expect(all[2 * ITEMS + item]).to.be.closeTo(score, 1e-4));
    scorer.dispose();
  });

  it('refuses texts of another width', () => {
    const narrow = { items: 2, dimensions: 3, vectors: new Float32Array(6) };
    expect(() => new TowerScorer(engine, start, narrow)).to.throw(RangeError, 'reads 24 features');
  });
});

describe('augmentation', () => {
  const sequence = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8);

  it('without chances is the newest event after all others', () => {
    const example = augmented(sequence, { crop: 0, mask: 0, reorder: 0 }, seeded('none'));
    expect(example).to.deep.equal({ history: sequence.slice(0, -1), target: 8 });
    expect(newestExample(sequence)).to.deep.equal(example);
  });

  it('keeps the event before the target, holds earlier events only, and crops, masks and reorders', () => {
    const random = seeded('much');
    let [cropped, masked, reordered] = [0, 0, 0];
    for (let draw = 0; draw < 300; draw += 1) {
      const { history, target } = augmented(sequence, { crop: 0.5, mask: 0.3, reorder: 0.5 }, random);
      expect(history.length).to.be.at.least(1);
      expect(Array.from(history).every((item) => item < target)).to.equal(true);
      expect(Array.from(history)).to.include(target - 1);
      if (target < 8) cropped += 1;
      if (history.length < target - 1) masked += 1;
      if (!history.every((item, at) => at === 0 || item > (history[at - 1] ?? 0))) reordered += 1;
    }
    for (const seen of [cropped, masked, reordered]) expect(seen).to.be.above(30);
    expect(augmented(Int32Array.of(1, 2), { crop: 1, mask: 1, reorder: 1 }, random)).to.deep.equal({
      history: Int32Array.of(1),
      target: 2,
    });
  });
});

import { expect } from 'chai';
import { distilTower } from '../../../recommender/compression/index.js';
import { loadEngine } from '../../../recommender/engine/index.js';
import type { Engine } from '../../../recommender/engine/index.js';
import { distilledGradient, plainGradient, TowerScorer, untrainedTower } from '../../../recommender/tower/index.js';
import type { TowerModel } from '../../../recommender/tower/index.js';
import { seeded } from '../support/coins.js';
import { examples, featureTable, ITEMS, lively, pack, SMALL_TOWER, tensorsOf } from '../tower/scene.js';

const texts = {
  items: ITEMS,
  dimensions: SMALL_TOWER.features,
  vectors: featureTable(SMALL_TOWER.features, ITEMS).subarray(0, ITEMS * SMALL_TOWER.features),
};
const histories = examples(60, 'shoppers').map(({ history }) => history);
const sequences = examples(120, 'sequences').map(({ history, target }) => Int32Array.from([...history, target]));

describe('the gradient of distillation', () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine();
  });

  /** Of a student, taught by a teacher of the same sizes. */
  function gradientOf(
    student: TowerModel,
    teacher: TowerModel,
    share: number,
  ): { loss: number; gradient: Float32Array } {
    const { tf } = engine;
    const tensors = tensorsOf(tf, student, { kind: 'full' });
    const parameters = tf.tensor1d(teacher.parameters);
    const batch = pack(examples(6), SMALL_TOWER);
    const taught = { shape: teacher.shape, parameters };
    const { loss, gradient } = distilledGradient(tensors, batch, { teacher: taught, temperature: 2, share });
    const result = { loss: loss.dataSync()[0] ?? Number.NaN, gradient: Float32Array.from(gradient.dataSync()) };
    tensors.dispose();
    tf.dispose([parameters, loss, gradient]);
    return result;
  }

  it('is that of plain training where the teacher does not weigh', () => {
    const student = lively(SMALL_TOWER);
    const { loss, gradient } = gradientOf(student, untrainedTower(SMALL_TOWER, seeded('teacher')), 0);
    const tensors = tensorsOf(engine.tf, student, { kind: 'full' });
    const plain = plainGradient(tensors, pack(examples(6), SMALL_TOWER));
    expect(loss).to.be.closeTo(plain.loss.dataSync()[0] ?? Number.NaN, 1e-5);
    plain.gradient.dataSync().forEach((value, at) => expect(gradient[at]).to.be.closeTo(value, 1e-5));
    tensors.dispose();
    engine.tf.dispose([plain.loss, plain.gradient]);
  });

  it('vanishes where the student says what its teacher says, and only there', () => {
    const teacher = lively(SMALL_TOWER);
    const norm = ({ gradient }: { gradient: Float32Array }): number => Math.hypot(...gradient);
    expect(norm(gradientOf(teacher, teacher, 1))).to.be.below(1e-4);
    expect(norm(gradientOf(untrainedTower(SMALL_TOWER, seeded('other')), teacher, 1))).to.be.above(0.1);
  });
});

describe('distillation', () => {
  const student = { width: 4, blocks: 1, heads: 1, inner: 6 };
  const options = { student, epochs: 8, batch: 32, negatives: 24, learningRate: 0.02, warmUp: 5 };
  const teacher = lively(SMALL_TOWER);

  async function taught(share: number): Promise<TowerModel> {
    const run = distilTower(await loadEngine(), teacher, { texts, sequences }, seeded('coins'), { ...options, share });
    let next = run.next();
    while (next.done !== true) next = run.next();
    return next.value;
  }

  /** Mean correlation over shoppers of two towers' scores of the catalogue. */
  async function likeness(one: TowerModel, other: TowerModel): Promise<number> {
    const engine = await loadEngine();
    const rows = [one, other].map((model) => {
      const scorer = new TowerScorer(engine, model, texts);
      const found = Array.from(scorer.blocks(histories)).flatMap(({ rows: count, scores }) =>
        Array.from({ length: count }, (_, row) => scores.slice(row * ITEMS, (row + 1) * ITEMS)),
      );
      scorer.dispose();
      return found;
    });
    const [left = [], right = []] = rows;
    const correlations = left.map((scores, at) => correlation(scores, right[at] ?? scores));
    return correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
  }

  it('makes the smaller tower more like its teacher than the targets alone do, with the sizes that were asked for', async () => {
    const [withTeacher, withoutTeacher] = [await taught(1), await taught(0)];
    expect(withTeacher.shape).to.deep.equal({ ...SMALL_TOWER, ...student });
    expect(withTeacher.parameters.length).to.be.below(teacher.parameters.length / 2);
    const [like, unlike] = [await likeness(withTeacher, teacher), await likeness(withoutTeacher, teacher)];
    expect(like).to.be.above(unlike + 0.05);
  });

  it('gives the same student for the same coins, keeps no tensors, and gives memory back when it is stopped', async () => {
    const { tf } = await loadEngine();
    const before = tf.memory().numTensors;
    expect(await taught(0.5)).to.deep.equal(await taught(0.5));
    const run = distilTower(await loadEngine(), teacher, { texts, sequences }, seeded('coins'), options);
    run.next();
    expect(tf.memory().numTensors).to.be.above(before);
    run.return(teacher);
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('keeps the student that validates best', async () => {
    const validation = examples(40, 'validation');
    const run = distilTower(await loadEngine(), teacher, { texts, sequences, validation }, seeded('coins'), options);
    const seen: number[] = [];
    let next = run.next();
    for (; next.done !== true; next = run.next()) seen.push(next.value.validation ?? Number.NaN);
    expect(seen.length).to.be.at.least(1);
    expect(seen.every((value) => value >= 0 && value <= 1)).to.equal(true);
    expect(seen.length - 1 - seen.indexOf(Math.max(...seen))).to.be.at.most(3);
  });
});

function correlation(one: Float32Array, other: Float32Array): number {
  const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [a, b] = [mean(one), mean(other)];
  let [both, left, right] = [0, 0, 0];
  one.forEach((value, at) => {
    const [x, y] = [value - a, (other[at] ?? 0) - b];
    both += x * y;
    left += x * x;
    right += y * y;
  });
  return both / Math.sqrt(left * right);
}

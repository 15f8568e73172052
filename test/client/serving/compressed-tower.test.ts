import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compressTower, MerchantRanker, removeCompressedTower, statePaths } from '../../../client/index.js';
import { ModelStore } from '../../../client/models.js';
import { keepCompressedTower, servedForm } from '../../../client/serving/compressed-tower.js';
import { encodeModel, modelSha256, untrainedTowerModel } from '../../../federation/index.js';
import type { ModelKind } from '../../../federation/index.js';
import { trainedCount, untrainedTower } from '../../../recommender/index.js';
import type { TowerModel } from '../../../recommender/index.js';
import { expectCode } from '../../expect-code.js';
import { seeded } from '../../recommender/support/coins.js';
import { sessionTrainer, TestFederation } from '../integration/federation.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';

const SHAPE = { features: 512, width: 16, blocks: 2, heads: 2, inner: 32, length: 6 };
const FORM = { kind: 'low-rank', rank: 2 } as const;

/** A tower that one round has moved by `step`. */
function released(step: number): ModelKind {
  const model = untrainedTowerModel(FORM, untrainedTower(SHAPE, seeded('start')));
  if (model.$case !== 'tower') throw new TypeError('a tower');
  const trained = new Array<number>(trainedCount(SHAPE, FORM)).fill(step);
  return { ...model, value: { ...model.value, trained } };
}

/** A tower that likes what is least like the history. */
function contrary(): TowerModel {
  const model = untrainedTower(SHAPE, seeded('start'));
  model.parameters.fill(-50, -2);
  return model;
}

describe('a compressed tower in the place of a released one', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let dir: string;
  const signal = new AbortController().signal;
  before(async () => {
    workspace = temporaryDirectory();
    const federation = await TestFederation.start(workspace.path);
    await federation.enrol(['north']);
    await federation.close();
    dir = federation.dir('north');
  });
  after(() => workspace.remove());

  async function download(step: number, version: number): Promise<void> {
    const bytes = encodeModel(released(step));
    const sha256 = modelSha256(bytes);
    const store = new ModelStore(statePaths(dir).models);
    await store.obtain(sha256, async function* () {
      yield await Promise.resolve(bytes);
    });
    store.noteNewest({ job: 'tower', version, sha256: Buffer.from(sha256) });
  }
  const notes = async (): Promise<string> => (await MerchantRanker.open({ dir })).notes.join(' ');

  it('cannot be made before there is a release', async () => {
    const refused = await rejectionOf(compressTower({ dir, precision: 'int8', origin: 'released', signal }));
    expect(refused).to.include({ code: 'MODEL_NONE_RELEASED' });
  });

  it('is judged and served until there is a newer release', async () => {
    await download(0.01, 1);
    expect(await notes()).to.match(/kept as it was released, in float32/);
    const made = await compressTower({ dir, precision: 'int8', origin: 'released', signal });
    expect(made.parameters).to.equal(made.releasedParameters);
    expect(readFileSync(made.file).length).to.equal(made.bytes);
    expect(made.bytes).to.be.below(2 * made.parameters);
    expect(await notes()).to.match(/stands it in int8.*The federated tower is (not )?used/);
    await download(0.02, 2);
    expect(await notes()).to.match(/made from another release and is not served/);
  });

  it('may be a smaller tower, taught here, the same one each time', async () => {
    const make = async () => compressTower({ dir, precision: 'float16', origin: 'distilled', signal });
    const made = await make();
    expect(await notes()).to.match(/stands a smaller one that it has taught, in float16/);
    const first = readFileSync(made.file);
    await make();
    expect(readFileSync(made.file).equals(first)).to.equal(true);
  });

  it('is what the merchant’s evaluation measures, and what its gate judges there', async () => {
    const models = new ModelStore(statePaths(dir).models).newestBytes();
    const [bytes = new Uint8Array()] = models;
    removeCompressedTower(dir);
    const released = await sessionTrainer(dir).evaluate(models, signal);
    expect(released.tower?.form).to.match(/kept as it was released/);
    const file = statePaths(dir).compressedTower;
    const place = {
      precision: 'float16',
      origin: 'distilled',
      encoder: 'hash-512',
      source: modelSha256(bytes),
    } as const;
    keepCompressedTower(file, { model: contrary(), ...place });
    const served = await sessionTrainer(dir).evaluate(models, signal);
    expect(served.tower?.form).to.match(/stands a smaller one that it has taught, in float16/);
    expect(served.tower?.trained.hr10).to.be.below(released.tower?.trained.hr10 ?? 0);
    const [decision] = served.decisions;
    expect(decision?.component).to.equal('tower');
    expect(await notes()).to.include(decision?.reason);
  });

  it('is gone when it is removed', async () => {
    removeCompressedTower(dir);
    expect(await notes()).to.match(/kept as it was released/);
  });

  it('that is damaged is refused with the file’s name, and never served', () => {
    const folder = join(workspace.path, 'damaged');
    mkdirSync(folder);
    const file = join(folder, 'tower.compressed');
    const [model, source] = [untrainedTower(SHAPE, seeded('start')), new Uint8Array(32).fill(1)];
    const tower = { model, start: model, source };
    keepCompressedTower(file, { model, precision: 'int8', origin: 'released', encoder: 'hash-512', source });
    expect(servedForm(file, tower).tower.precision).to.equal('int8');
    const bytes = readFileSync(file);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const error = expectCode(() => servedForm(file, tower), 'MODEL_FILE_DAMAGED');
    expect(error.message).to.include(file);
  });
});

import { expect } from 'chai';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { cachedTextIndex } from '../../../client/training/text-cache.js';
import { loadEngine } from '../../../recommender/index.js';
import type { Catalogue, Engine } from '../../../recommender/index.js';
import { ManualClock, SkippingClock } from '../manual-clock.js';
import { temporaryDirectory } from '../workspace.js';

const catalogue = (titles: readonly string[]): Catalogue => ({
  items: titles.map((title, index) => ({ id: `i${index}`, title, brand: '', category: '' })),
  indexOf: new Map(titles.map((_, index) => [`i${index}`, index])),
});
const TITLES = catalogue(['red kettle', 'blue kettle', 'green lamp', 'black lamp']);

describe('the cache of text indexes', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let engine: Engine;
  before(async () => {
    engine = await loadEngine();
  });
  beforeEach(() => {
    workspace = temporaryDirectory();
  });
  afterEach(() => {
    workspace.remove();
  });
  const load = (items = TITLES, clock: SkippingClock | ManualClock = new SkippingClock()) =>
    cachedTextIndex(items, engine, { directory: workspace.path, clock });

  it('gives the same index from the file as from the texts, one file a catalogue, and no lock left behind', async () => {
    const first = await load();
    const second = await load();
    expect(second.digest).to.equal(first.digest);
    expect([...second.vectors]).to.deep.equal([...first.vectors]);
    await load(catalogue(['something else', 'and more']));
    expect(readdirSync(workspace.path)).to.have.length(2);
  });

  it('replaces a damaged file by the right index', async () => {
    const first = await load();
    const [file = ''] = readdirSync(workspace.path);
    const whole = readFileSync(join(workspace.path, file));
    writeFileSync(join(workspace.path, file), whole.subarray(0, 100));
    expect([...(await load()).vectors]).to.deep.equal([...first.vectors]);
    expect(readFileSync(join(workspace.path, file)).equals(whole)).to.equal(true);
  });

  it('waits for another client that computes the same index', async () => {
    const expected = await load();
    const [file = ''] = readdirSync(workspace.path);
    const content = readFileSync(join(workspace.path, file));
    workspace.remove();
    workspace = temporaryDirectory();
    const lock = join(workspace.path, `${file}.lock`);
    const elsewhere = { pid: 1, host: `not-${hostname()}`, started: '' };
    writeFileSync(lock, JSON.stringify(elsewhere));
    const clock = new ManualClock();
    const waiting = load(TITLES, clock);
    while (clock.sleeping === 0) await new Promise(setImmediate);
    writeFileSync(join(workspace.path, file), content);
    writeFileSync(lock, '');
    clock.advance(10_000);
    expect((await waiting).digest).to.equal(expected.digest);
  });

  it('computes by itself after ten minutes of a lock that another machine has left', async () => {
    const expected = await load();
    const [file = ''] = readdirSync(workspace.path);
    rmSync(join(workspace.path, file));
    const lock = join(workspace.path, `${file}.lock`);
    writeFileSync(lock, JSON.stringify({ pid: 1, host: `not-${hostname()}`, started: '' }));
    const clock = new SkippingClock();
    const begun = clock.now();
    expect((await load(TITLES, clock)).digest).to.equal(expected.digest);
    expect(clock.now() - begun).to.equal(600_000);
    expect(readdirSync(workspace.path)).to.have.members([file, `${file}.lock`]);
  });
});

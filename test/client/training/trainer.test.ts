import { expect } from 'chai';
import { pino } from 'pino';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cancellation } from '../../../client/training/cancellation.js';
import { ShopSession } from '../../../client/training/session.js';
import { WorkerTrainer } from '../../../client/training/trainer.js';
import { contractFor, MODEL } from '../rounds/scripted-round.js';
import { writeShop } from '../shop-files.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';

describe('the training worker', function () {
  this.timeout(20_000);
  let workspace: ReturnType<typeof temporaryDirectory>;
  let trainer: WorkerTrainer;
  const running = new AbortController().signal;
  const shopAt = (name: string, options: { readonly shoppers: number }): void => {
    const data = {
      ...writeShop(join(workspace.path, name), { ...options, seed: 3 }),
      columns: { items: {}, events: {} },
    };
    const settings = {
      data,
      cache: join(workspace.path, 'cache'),
      localKey: new Uint8Array(32).fill(5),
      compressedTower: 'none',
    };
    trainer = new WorkerTrainer({ settings, logger: pino({ level: 'silent' }) });
  };
  beforeEach(() => {
    workspace = temporaryDirectory();
  });
  afterEach(async () => {
    await trainer.close();
    workspace.remove();
  });

  it('prepares one vector a round, of the contract’s length and never the same twice', async () => {
    shopAt('shop', { shoppers: 40 });
    const { terms } = contractFor();
    const [first, second] = await Promise.all([
      trainer.prepare({ terms, model: MODEL }, running),
      trainer.prepare({ terms, model: MODEL }, running),
    ]);
    expect(first.vector).to.have.length(terms.dimension);
    expect([...first.vector]).not.to.deep.equal([...second.vector]);
  });

  it('brings errors over with code and place, and goes on afterwards', async () => {
    shopAt('shop', { shoppers: 10 });
    const items = join(workspace.path, 'shop', 'items.csv');
    rmSync(items);
    const failure = await rejectionOf(trainer.load(running));
    expect(failure.code).to.equal('CLIENT_FILE_MISSING');
    expect(failure.details.file).to.equal(items);
    writeShop(join(workspace.path, 'shop'), { shoppers: 10, seed: 3 });
    expect((await trainer.load(running)).shop.shoppers).to.equal(10);
  });

  it('forgets a cancelled request at once, and serves the next', async () => {
    shopAt('shop', { shoppers: 10 });
    const stop = new AbortController();
    const { terms } = contractFor();
    const cancelled = trainer.prepare({ terms, model: MODEL }, stop.signal);
    stop.abort(new Error('enough'));
    expect(await cancelled.catch((error: unknown) => String(error))).to.equal('Error: enough');
    const { vector } = await trainer.prepare({ terms, model: MODEL }, running);
    expect(vector).to.have.length(terms.dimension);
  });

  it('does not begin what nobody waits for any more', async () => {
    shopAt('shop', { shoppers: 10 });
    const cancellation = new Cancellation();
    const other = new Cancellation(cancellation.shared);
    cancellation.cancel();
    const files = { items: 'none', events: 'none', columns: { items: {}, events: {} } };
    const session = new ShopSession({
      data: files,
      cache: workspace.path,
      localKey: new Uint8Array(32),
      compressedTower: 'none',
    });
    const failure = await rejectionOf(session.prepare({ terms: contractFor().terms, model: MODEL }, other));
    expect(failure.code).to.equal('CLIENT_STOPPED');
  });

  it('fails what is waiting when it is closed', async () => {
    shopAt('shop', { shoppers: 10 });
    const waiting = rejectionOf(trainer.load(running));
    await trainer.close();
    expect((await waiting).code).to.equal('CLIENT_STOPPED');
  });
});

import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { expect } from 'chai';
import { sql } from 'kysely';

import { statePaths } from '../../coordinator/index.js';
import { openDatabase, openStore, roundIdOf, RoundKey, RoundKeys, storeOver } from '../../coordinator/store/index.js';
import type { RoundId, RoundRecord, Store } from '../../coordinator/store/index.js';
import { ManualClock } from './support/clock.js';

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing',
    (error: unknown) => (error as { code: string }).code,
  );
}

describe('coordinator: the store', () => {
  const id = roundIdOf(Buffer.alloc(32, 1));
  let dir: string;
  let clock: ManualClock;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  let store: Store;
  let key: RoundKey;

  function round(number: number, name: RoundId = id): RoundRecord {
    return {
      id: name,
      job: 'job',
      round: number,
      step: 1,
      contract: Buffer.from('contract'),
      members: [{ merchant: 'a', identityKey: Buffer.alloc(32, 2) }],
      phase: 'advertising',
      deadlineMs: 5,
      code: '',
      cohorts: {},
      startedAtMs: 1,
      endedAtMs: undefined,
    };
  }

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'guildhall-store-'));
    mkdirSync(dirname(statePaths(dir).store));
    clock = new ManualClock();
    database = await openDatabase(statePaths(dir).store);
    store = await storeOver(database, statePaths(dir), clock);
    const model = { id: 'aa'.repeat(32) as never, bytes: Buffer.alloc(600_000, 3) };
    await store.jobs.submit({ name: 'job', template: Buffer.from('t'), startsFrom: '', steps: 2, model });
    key = store.roundKeys.create(id);
    await store.rounds.open(round(1));
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('gives back a model’s bytes, however many chunks they take', async () => {
    const newest = await store.models.newest('job');
    expect(newest?.size).to.equal(600_000);
    expect(await store.models.readWhole('aa'.repeat(32) as never)).to.deep.equal(Buffer.alloc(600_000, 3));
    expect(await failure(store.models.readWhole('bb'.repeat(32) as never))).to.equal('MODEL_UNKNOWN');
  });

  it('calls a second row a conflict, and nothing else that the schema forbids', async () => {
    const model = { id: 'cc'.repeat(32) as never, bytes: Buffer.alloc(1) };
    const job = { template: Buffer.from('t'), startsFrom: '', model };
    expect(await failure(store.jobs.submit({ name: 'job', steps: 1, ...job }))).to.equal('JOB_EXISTS');
    expect(await failure(store.jobs.submit({ name: 'empty', steps: 0, ...job }))).to.equal('SQLITE_CONSTRAINT_CHECK');
    const message = { step: 'advertise', merchant: 'a', bytes: Buffer.from('bytes') } as const;
    const nowhere = roundIdOf(Buffer.alloc(32, 77));
    expect(await failure(store.messages.add(nowhere, key, message))).to.equal('SQLITE_CONSTRAINT_FOREIGNKEY');
  });

  it('uses every round number once, also when the round is aborted', async () => {
    expect((await store.jobs.current())?.nextRound).to.equal(2);
    const other = roundIdOf(Buffer.alloc(32, 9));
    await store.rounds.abort(id, { code: 'X', atMs: 9, job: { state: 'active', failures: 1, retryAtMs: 10 } });
    expect(await failure(store.rounds.open(round(1, other)))).to.not.equal('nothing');
    await store.rounds.open(round(2, other));
    expect((await store.jobs.current())?.nextRound).to.equal(3);
  });

  it('has one open round a job', async () => {
    const other = roundIdOf(Buffer.alloc(32, 9));
    expect(await failure(store.rounds.open(round(2, other)))).to.equal('SQLITE_CONSTRAINT_UNIQUE');
    expect((await store.jobs.current())?.nextRound).to.equal(2);
  });

  it('takes one message of a merchant in each step', async () => {
    const message = { step: 'share', merchant: 'a', bytes: Buffer.from('one') } as const;
    await store.messages.add(id, key, message);
    expect(await failure(store.messages.add(id, key, { ...message, bytes: Buffer.from('two') }))).to.equal(
      'MESSAGE_CONFLICT',
    );
    const replayed = [];
    for await (const each of store.messages.replay(id, key)) replayed.push(each);
    expect(replayed).to.deep.equal([message]);
  });

  it('never holds both share kinds of one merchant, and then stores nothing of the message', async () => {
    const reveals = new Map([['a', 'self-mask' as const]]);
    await store.rounds.advance(id, { phase: 'agreeing', deadlineMs: 1, cohorts: {}, reveals });
    const message = { step: 'unmask', merchant: 'b', bytes: Buffer.from('shares') } as const;
    const wrong = { reveals: new Map([['a', 'mask-key' as const]]) };
    expect(await failure(store.messages.add(id, key, message, wrong))).to.equal('REVEAL_CONFLICT');
    expect(await store.messages.digest(id, 'unmask', 'b')).to.equal(undefined);
    await store.messages.add(id, key, message, { reveals });
    const db = await openDatabase(statePaths(dir).store);
    const insert = sql`INSERT INTO reveals (round_id, owner, kind) VALUES (${id}, 'a', 'mask-key')`.execute(db);
    expect(await failure(insert)).to.equal('SQLITE_CONSTRAINT_PRIMARYKEY');
    await db.destroy();
  });

  it('counts one upload of a merchant, and forgets what an interrupted one left', async () => {
    const upload = { round: id, merchant: 'a', sha256: 'cc' };
    const cut = await store.uploads.begin(upload);
    await store.uploads.add(cut, key, 0, Buffer.from('half'));
    const whole = await store.uploads.begin(upload);
    await store.uploads.add(whole, key, 0, Buffer.from('who'));
    await store.uploads.add(whole, key, 1, Buffer.from('le'));
    const receipt = Buffer.from('receipt');
    await store.messages.add(
      id,
      key,
      { step: 'input', merchant: 'a', bytes: Buffer.from('e') },
      { upload: { id: whole, receipt } },
    );
    expect(await store.receipts.find(id, 'a')).to.deep.equal(receipt);
    expect(await store.receipts.newest('a')).to.deep.equal(receipt);
    expect(await store.receipts.newest('b')).to.equal(undefined);
    const again = await store.uploads.begin(upload);
    const second = store.messages.add(
      id,
      key,
      { step: 'input', merchant: 'a', bytes: Buffer.from('f') },
      { upload: { id: again, receipt } },
    );
    expect(await failure(second)).to.equal('MESSAGE_CONFLICT');
    const chunks = [];
    for await (const chunk of store.uploads.read(id, 'a', key)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).to.equal('whole');
  });

  it('takes no row of an upload that was begun anew, and does not count it', async () => {
    const upload = { round: id, merchant: 'a', sha256: 'cc' };
    const older = await store.uploads.begin(upload);
    await store.uploads.add(older, key, 0, Buffer.from('whole'));
    const newer = await store.uploads.begin(upload);
    expect(await failure(store.uploads.add(older, key, 1, Buffer.from('more')))).to.equal('UPLOAD_SUPERSEDED');
    const message = { step: 'input', merchant: 'a', bytes: Buffer.from('e') } as const;
    const receipt = Buffer.from('receipt');
    const add = (each: typeof newer): Promise<void> =>
      store.messages.add(id, key, message, { upload: { id: each, receipt } });
    expect(await failure(add(older))).to.equal('UPLOAD_SUPERSEDED');
    expect(await store.messages.digest(id, 'input', 'a')).to.equal(undefined);
    expect(await store.receipts.find(id, 'a')).to.equal(undefined);
    await store.uploads.add(newer, key, 0, Buffer.from('whole'));
    await add(newer);
    expect(await store.receipts.find(id, 'a')).to.deep.equal(receipt);
  });

  it('keeps boxes, shares and uploads unreadable without the round’s key, and deletes them at the end', async () => {
    const secret = Buffer.from('a share that nobody may read later');
    for (const step of ['share', 'unmask', 'agree'] as const) {
      await store.messages.add(id, key, { step, merchant: 'a', bytes: secret });
    }
    const upload = await store.uploads.begin({ round: id, merchant: 'a', sha256: 'cc' });
    await store.uploads.add(upload, key, 0, secret);
    const db = await openDatabase(statePaths(dir).store);
    const stored = async (): Promise<Buffer[]> => [
      ...(await db.selectFrom('messages').select('body').where('step', '!=', 'agree').execute()).map(
        ({ body }) => body,
      ),
      ...(await db.selectFrom('upload_chunks').select('body').execute()).map(({ body }) => body),
    ];
    const rows = await stored();
    expect(rows).to.have.length(3);
    for (const row of rows) expect(row.includes(secret)).to.equal(false);
    await store.rounds.abort(id, { code: 'X', atMs: 9, job: { state: 'active', failures: 1, retryAtMs: 10 } });
    expect((await stored()).map((row) => row.length)).to.deep.equal([0, 0]);
    await db.destroy();
  });

  it('stores the result, the next version and the job’s step together', async () => {
    const model = { id: 'dd'.repeat(32) as never, bytes: Buffer.from('next'), version: 1 };
    await store.rounds.finish(id, { atMs: 7, model, sumSha256: 'ee', sum: Buffer.from('sum') });
    expect(await store.jobs.current()).to.include({ stepsDone: 1, state: 'active', failures: 0 });
    expect(await store.models.newest('job')).to.include({ version: 1 });
    expect((await store.rounds.readSum(id)).toString()).to.equal('sum');
    expect(await failure(store.rounds.finish(id, { atMs: 8, model, sumSha256: 'ee', sum: undefined }))).to.not.equal(
      'nothing',
    );
  });

  it('says STORAGE_UNAVAILABLE when the disk is full, half-writes nothing, and goes on once there is room', async () => {
    const before = await store.models.newest('job');
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(database);
    await sql.raw(`PRAGMA max_page_count = ${(rows[0]?.page_count ?? 0) + 2}`).execute(database);
    const model = { id: 'dd'.repeat(32) as never, bytes: Buffer.alloc(900_000, 5), version: 1 };
    const result = { atMs: 7, model, sumSha256: 'ee', sum: undefined };
    expect(await failure(store.rounds.finish(id, result))).to.equal('STORAGE_UNAVAILABLE');
    expect(await store.models.newest('job')).to.deep.equal(before);
    expect((await store.rounds.find(id))?.phase).to.equal('advertising');
    await sql`PRAGMA max_page_count = 1000000`.execute(database);
    await store.rounds.finish(id, result);
    expect((await store.rounds.find(id))?.phase).to.equal('done');
  });

  it('fences out a driver that lost its lease', async () => {
    const db = await openDatabase(statePaths(dir).store);
    await db.updateTable('leases').set({ token: 99, holder: 'another' }).execute();
    await db.destroy();
    const advance = store.rounds.advance(id, { phase: 'sharing', deadlineMs: 1, cohorts: {} });
    expect(await failure(advance)).to.equal('LEASE_LOST');
    expect(
      await failure(store.messages.add(id, key, { step: 'share', merchant: 'a', bytes: Buffer.alloc(1) })),
    ).to.equal('LEASE_LOST');
    expect(await failure(store.lease.renew())).to.equal('LEASE_LOST');
    expect((await store.rounds.find(id))?.phase).to.equal('advertising');
  });

  it('gives the lease to a second holder only when it is free or has run out, with a higher token', async () => {
    expect(await failure(openStore(statePaths(dir), clock))).to.equal('COORDINATOR_RUNNING');
    clock.advance(10_001);
    const second = await openStore(statePaths(dir), clock);
    expect(second.lease.token).to.be.greaterThan(store.lease.token);
    await second.close();
  });
});

describe('coordinator: round keys', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-keys-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('come back as they were, readable by the owner alone, and are gone once destroyed', () => {
    const keys = new RoundKeys(folder);
    const [one, two] = [roundIdOf(Buffer.alloc(32, 1)), roundIdOf(Buffer.alloc(32, 2))];
    const sealed = keys.create(one).seal('here', Buffer.from('text'));
    keys.create(two);
    expect(statSync(join(folder, `${one}.key`)).mode & 0o777).to.equal(0o600);
    expect(keys.load(one).open('here', sealed).toString()).to.equal('text');
    keys.destroyExcept(new Set([one]));
    expect(readdirSync(folder)).to.deep.equal([`${one}.key`]);
    keys.destroy(one);
    keys.destroy(one);
    expect(existsSync(join(folder, `${one}.key`))).to.equal(false);
    expect(() => keys.load(one))
      .to.throw()
      .with.property('code', 'ROUND_KEY_LOST');
  });

  it('open a row only in its own place, whole, and before they are erased', () => {
    const key = new RoundKey(Buffer.alloc(32, 7));
    const sealed = key.seal('here', Buffer.from('text'));
    const altered = Buffer.from(sealed);
    altered.writeUInt8(altered.readUInt8(14) ^ 1, 14);
    expect(() => key.open('there', sealed))
      .to.throw()
      .with.property('code', 'ROUND_KEY_LOST');
    expect(() => key.open('here', altered))
      .to.throw()
      .with.property('code', 'ROUND_KEY_LOST');
    expect(() => key.open('here', sealed.subarray(5)))
      .to.throw()
      .with.property('code', 'ROUND_KEY_LOST');
    key.erase();
    expect(() => key.seal('here', Buffer.from('text')))
      .to.throw()
      .with.property('code', 'ROUND_KEY_LOST');
  });
});

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelStore } from '../../client/models.js';
import { rejectionOf, temporaryDirectory } from './workspace.js';

const hash = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

describe('the model store', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let store: ModelStore;
  beforeEach(() => {
    workspace = temporaryDirectory();
    store = new ModelStore(workspace.path);
  });
  afterEach(() => {
    workspace.remove();
  });

  it('downloads a model once, and not again after it was checked', async () => {
    let downloads = 0;
    const download = (): AsyncGenerator<Uint8Array> => {
      downloads += 1;
      return chunks('ab', 'c');
    };
    for (let i = 0; i < 2; i += 1) {
      expect(Buffer.from(await store.obtain(hash(Buffer.from('abc')), download)).toString()).to.equal('abc');
    }
    expect(downloads).to.equal(1);
  });

  it('refuses other bytes and keeps nothing of them', async () => {
    const failure = await rejectionOf(store.obtain(hash(Buffer.from('abc')), () => chunks('abd')));
    expect(failure.code).to.equal('MODEL_HASH_MISMATCH');
    expect(readdirSync(workspace.path)).to.deep.equal([]);
  });

  it('throws a damaged file away and downloads it again', async () => {
    const name = hash(Buffer.from('abc'));
    await store.obtain(name, () => chunks('abc'));
    writeFileSync(join(workspace.path, `${name.toString('hex')}.model`), 'abX');
    expect(store.read(name.toString('hex'))).to.equal(undefined);
    expect(Buffer.from(await store.obtain(name, () => chunks('abc'))).toString()).to.equal('abc');
  });

  it('remembers the newest version of each job, the one heard of last at the end, and forgets the files of older ones', async () => {
    for (const [job, version, text] of [
      ['a', 0, 'a0'],
      ['b', 0, 'b0'],
      ['a', 1, 'a1'],
    ] as const) {
      const sha256 = hash(Buffer.from(text));
      await store.obtain(sha256, () => chunks(text));
      store.noteNewest({ job, version, sha256 });
    }
    expect(store.newest().map(({ job, version }) => `${job}${version}`)).to.deep.equal(['b0', 'a1']);
    expect(store.newestBytes().map((bytes) => Buffer.from(bytes).toString())).to.deep.equal(['b0', 'a1']);
    expect(readdirSync(workspace.path).filter((file) => file.endsWith('.model'))).to.have.length(2);
  });

  const note = async (store: ModelStore, job: string, text: string): Promise<void> => {
    const sha256 = hash(Buffer.from(text));
    await store.obtain(sha256, () => chunks(text));
    store.noteNewest({ job, version: 0, sha256 });
  };

  it('keeps the models of the 32 jobs heard of last, whatever a coordinator invents', async () => {
    for (let job = 0; job < 40; job += 1) await note(store, `job ${job}`, `model ${job}`);
    expect(store.newest().map(({ job }) => job)).to.deep.equal(Array.from({ length: 32 }, (_, at) => `job ${at + 8}`));
    expect(readdirSync(workspace.path).filter((file) => file.endsWith('.model'))).to.have.length(32);
  });

  it('keeps files within what they may take together, the newest one in any case', async () => {
    const small = new ModelStore(workspace.path, 10);
    for (const job of ['a', 'b', 'c']) await note(small, job, `${job}1234`);
    expect(small.newest().map(({ job }) => job)).to.deep.equal(['b', 'c']);
    await note(small, 'd', 'longer than all');
    expect(small.newest().map(({ job }) => job)).to.deep.equal(['d']);
  });
});

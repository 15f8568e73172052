import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { runCli } from './run-cli.js';

const ITEMS = 'item_id,title,brand,category\na,Red lamp,Lux,Home Lamps\nb,Blue lamp,Lux,Home Lamps\n';
const EVENTS = 'user_id,item_id,position\nu,a,0\nu,b,1\nu,a,2\nu,b,3\n';

describe('bad data files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  async function evaluate(items: string | Uint8Array, events: string | Uint8Array) {
    writeFileSync(join(folder, 'items.csv'), items);
    writeFileSync(join(folder, 'events.csv'), events);
    return runCli(['evaluate', '--data', folder, '--models', 'popularity']);
  }

  it('are told from good ones (control)', async () => {
    const { exit, stdout } = await evaluate(ITEMS, gzipSync(EVENTS));
    expect(exit).to.equal(0);
    expect(stdout).to.contain('popularity');
  });

  const cases: readonly (readonly [string, string | Uint8Array, string | Uint8Array, string, string])[] = [
    ['a missing column', ITEMS, 'user_id,item\nu,a\n', 'DATA_COLUMN_MISSING', 'events.csv'],
    ['an empty file', '', EVENTS, 'DATA_EMPTY', 'items.csv'],
    ['a heading without rows', ITEMS, 'user_id,item_id,position\n', 'DATA_EMPTY', 'events.csv'],
    ['another encoding', Buffer.from(`${ITEMS}c,Caf\u00e9,x,y\n`, 'latin1'), EVENTS, 'DATA_NOT_UTF8', 'items.csv:4'],
    ['a gzip stream cut short', ITEMS, gzipSync(EVENTS).subarray(0, 30), 'DATA_COMPRESSION_BROKEN', 'events.csv'],
    ['a quote that never closes', `${ITEMS}c,"open,x,y\n`, EVENTS, 'DATA_MALFORMED', 'items.csv'],
    ['no usable row', ITEMS, 'user_id,item_id,position\nu,z,0\n', 'DATA_NOTHING_USABLE', 'events.csv'],
  ];
  for (const [what, items, events, code, place] of cases) {
    it(`with ${what} are refused as ${code}, with the file and what to do`, async () => {
      const { exit, stdout, stderr } = await evaluate(items, events);
      expect(stdout).to.equal('');
      expect(exit, stderr).to.equal(3);
      expect(stderr).to.contain(`guildhall: ${code}: `).and.to.contain(join(folder, place));
      expect(stderr.trimEnd().split('\n').length).to.be.greaterThan(1);
    });
  }

  it('that are not there are refused as FILE_UNREADABLE', async () => {
    const { exit, stderr } = await runCli(['evaluate', '--data', folder, '--models', 'popularity']);
    expect(exit).to.equal(9);
    expect(stderr).to.contain('FILE_UNREADABLE').and.to.contain('items.csv');
  });

  it('do not hide that a model does not exist', async () => {
    const { exit, stderr } = await runCli(['evaluate', '--data', folder, '--models', 'popularity,magic']);
    expect(exit).to.equal(2);
    expect(stderr).to.contain('"magic"').and.to.contain('text-knn');
  });
});

describe('guildhall data generate', () => {
  it('writes files that evaluate reads, the same for the same seed, and nothing over what is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-'));
    try {
      const generate = (out: string) =>
        runCli(['data', 'generate', '--out', out, '--merchants', '2', '--shoppers', '30', '--items', '100', '--json']);
      const { stdout } = await generate(join(folder, 'one'));
      const { synthetic, merchants } = JSON.parse(stdout) as { synthetic: boolean; merchants: { name: string }[] };
      expect(synthetic).to.equal(true);
      expect(merchants.map(({ name }) => name)).to.deep.equal(['alder', 'birch']);
      await generate(join(folder, 'two'));
      const figures = ['one', 'two'].map((out) =>
        runCli(['evaluate', '--data', join(folder, out, 'birch'), '--models', 'text-knn', '--json']),
      );
      const [one, two] = await Promise.all(figures);
      expect(one?.stdout).to.equal(two?.stdout).and.to.contain('ndcg10');
      const again = await generate(join(folder, 'one'));
      expect(again.exit).to.equal(9);
      expect(again.stderr).to.contain('FILE_UNWRITABLE');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Ledger } from '../../../client/ledger/ledger.js';
import { statePaths } from '../../../client/state/directory.js';
import { temporaryDirectory } from '../workspace.js';
import { NAME, NOW, SPENDING } from './spending.js';

const CHILD = join(import.meta.dirname, 'spending-child.ts');

/** Runs the recording child and kills it as soon as it has said a word. @returns everything that it said */
async function killedAt(word: string, paths: object): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, 'write-first', JSON.stringify(paths)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
    if (said.includes(word)) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return said;
}

describe('the ledger of a process that is killed', function () {
  this.timeout(60_000);

  for (const word of ['begin', 'joined', 'spent']) {
    it(`after it said "${word}" opens, and holds at least what it said`, async () => {
      const workspace = temporaryDirectory();
      const { ledger: file, anchor, receipt } = statePaths(workspace.path);
      const paths = { ledger: file, anchor, receipt };
      Ledger.create(paths, NOW).close();
      const said = await killedAt(word, paths);
      expect(said).to.include(word);
      const ledger = Ledger.open(paths);
      if (said.includes('joined')) expect(ledger.hasJoined(NAME)).to.equal(true);
      if (said.includes('spent')) expect(ledger.entries).to.deep.equal([SPENDING]);
      ledger.close();
      workspace.remove();
    });
  }
});

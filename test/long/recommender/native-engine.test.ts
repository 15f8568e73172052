import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const MOCHA = join(dirname(createRequire(import.meta.url).resolve('mocha/package.json')), 'bin/mocha.js');
const LOADERS = ['--import', 'tsx', '--no-experimental-require-module'];
const TESTS = ['test/recommender/engine/engines.test.ts', 'test/recommender/tower/gradients.test.ts'];
/** The script's word for what cannot be had on this machine. */
const UNAVAILABLE = 69;
/** A slow registry is no fault of the build. */
const PATIENCE_MS = 8 * 60_000;

interface MochaReport {
  readonly passes: readonly { readonly fullTitle: string }[];
  readonly failures: readonly { readonly fullTitle: string }[];
}

describe('the native engine on the processor, built against a wheel (needs g++ and the registries)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guildhall-native-'));

  before(async function () {
    try {
      await run('bash', [join(ROOT, 'scripts/build-tfjs-node.sh'), folder], { timeout: PATIENCE_MS });
    } catch (error) {
      const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
      if (code !== UNAVAILABLE && killed !== true) throw error;
      const last = stderr?.trim().split('\n').at(-1);
      const reason = killed === true ? 'downloads take too long' : last;
      process.stderr.write(`      The native engine is not built here: ${reason}.\n`);
      this.skip();
    }
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('passes every engine’s tests, and agrees with plain JavaScript in the tower’s gradients', async () => {
    const report = join(folder, 'report.json');
    const options = [
      '--no-config',
      '--timeout',
      '120000',
      '--reporter',
      'json',
      '--reporter-option',
      `output=${report}`,
    ];
    // Node looks there after the package's own modules.
    const env = { ...process.env, NODE_PATH: join(folder, 'node_modules') };
    await run(process.execPath, [...LOADERS, MOCHA, ...options, ...TESTS], { cwd: ROOT, env }).catch(() => undefined);
    const { passes, failures } = JSON.parse(readFileSync(report, 'utf8')) as MochaReport;
    expect(failures.map(({ fullTitle }) => fullTitle)).to.deep.equal([]);
    const native = passes.filter(({ fullTitle }) => fullTitle.startsWith('the engines tfjs-node '));
    expect(native.map(({ fullTitle }) => fullTitle.slice('the engines tfjs-node '.length))).to.deep.equal([
      'agrees with plain JavaScript in losses and gradients',
      'steps AdamW as the paper has it',
      'gives the same bits twice',
      'leaves no tensor behind',
    ]);
  });
});

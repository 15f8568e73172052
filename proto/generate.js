/**
 * Lints the protocol files and generates their TypeScript with buf and ts-proto, offline.
 * `node proto/generate.js` writes proto/generated; with `--check` it generates afresh and fails on any difference.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const buf = (...args) =>
  execFileSync(join(bin, 'buf'), args, {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  });

const files = (root) =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

buf('lint');
if (process.argv.includes('--check')) {
  const fresh = mkdtempSync(join(tmpdir(), 'guildhall-proto-'));
  try {
    buf('generate', '--output', fresh);
    const want = join(fresh, 'generated');
    const have = join(here, 'generated');
    const names = new Set([...files(want), ...files(have)]);
    const read = (root, name) => {
      try {
        return readFileSync(join(root, name), 'utf8');
      } catch {
        return undefined;
      }
    };
    const stale = [...names].filter((name) => read(want, name) !== read(have, name));
    if (stale.length > 0) {
      console.error(`proto/generated is not what the protocol files give: ${stale.join(', ')}\nRun: npm run generate`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  rmSync(join(here, 'generated'), { recursive: true, force: true });
  buf('generate');
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const CLI = join(import.meta.dirname, '..', '..', 'cli');

/** What a file loads when it is loaded: static imports that are not types alone. */
function loadedBy(file: string): string[] {
  const source = readFileSync(join(CLI, file), 'utf8');
  return [...source.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)';/gm)].map((match) => match[1] ?? '');
}

describe('the start of the command', () => {
  it('loads errors, commander and its own files only: engines, sockets and keys wait until a command needs them', () => {
    const files = readdirSync(CLI, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    // Loaded by the command that reads catalogues, when it runs.
    const lazy = ['catalogues.ts'];
    const loaded = files.filter((file) => !lazy.includes(file)).flatMap((file) => loadedBy(file));
    expect(loaded).to.include('commander');
    const outside = loaded.filter((from) => /^(\.\.\/)+(?!errors\/)[a-z]+\/.*$/.test(from));
    // From cli/commands, `../` is cli itself.
    const own = new Set(files.map((file) => file.replace(/\.ts$/, '.js')));
    expect(outside.filter((from) => !own.has(from.replace(/^\.\.\//, '')))).to.deep.equal([]);
    const packages = loaded.filter((from) => !from.startsWith('.') && !from.startsWith('node:'));
    expect([...new Set(packages)]).to.deep.equal(['commander']);
  });
});

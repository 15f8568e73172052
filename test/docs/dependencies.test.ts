import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(import.meta.dirname, '..', '..');

interface Manifest {
  readonly license: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
}

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The entries of one section of docs/dependencies.md: name → licence. */
function listed(heading: string): Record<string, string> {
  const document = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8');
  const section = document.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return Object.fromEntries(
    [...section.matchAll(/^- `([^`]+)` \(([^)]+)\): \S.*$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']),
  );
}

function installed(names: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(names).map((name) => [name, manifest(join(root, 'node_modules', name)).license.replace(/[()]/g, '')]),
  );
}

describe('docs/dependencies.md', () => {
  it('lists every runtime dependency with the licence that the package states', () => {
    expect(listed('At run time')).to.deep.equal(installed(manifest(root).dependencies));
  });

  it('lists every development dependency with the licence that the package states', () => {
    expect(listed('For development')).to.deep.equal(installed(manifest(root).devDependencies));
  });

  it('lists every optional dependency, whether it is installed or not', () => {
    expect(Object.keys(listed('Optional'))).to.have.members(Object.keys(manifest(root).peerDependencies));
  });

  it('is right that versions are exact', () => {
    const { dependencies, devDependencies, peerDependencies } = manifest(root);
    const versions = [dependencies, devDependencies, peerDependencies].flatMap((each) => Object.values(each));
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).to.deep.equal([]);
  });
});

import { expect } from 'chai';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storageFailure } from '../../../client/state/failures.js';
import { ensureDirectory, readIfPresent, readSecret, writeAtomically } from '../../../client/state/files.js';
import { codeOf, temporaryDirectory } from '../workspace.js';

describe('files of the state directory', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  const at = (name: string): string => join(workspace.path, name);
  beforeEach(() => {
    workspace = temporaryDirectory();
  });
  afterEach(() => {
    workspace.remove();
  });

  it('are replaced whole, and leave no temporary file', () => {
    writeAtomically(at('a'), 'first');
    writeAtomically(at('a'), Buffer.alloc(3_000_000, 7));
    expect(readFileSync(at('a'))).to.deep.equal(Buffer.alloc(3_000_000, 7));
    expect(readdirSync(workspace.path)).to.deep.equal(['a']);
  });

  it('keep the old content, and nothing half-written, when the new one cannot be put in place', () => {
    mkdirSync(at('taken'));
    writeFileSync(join(at('taken'), 'inside'), 'kept');
    expect(codeOf(() => writeAtomically(at('taken'), 'new'))).to.equal('STATE_IO');
    expect(readdirSync(workspace.path)).to.deep.equal(['taken']);
    expect(readFileSync(join(at('taken'), 'inside'), 'utf8')).to.equal('kept');
  });

  it('that are secret are private from the first instant', () => {
    writeAtomically(at('key'), 'secret', 'secret');
    expect(statSync(at('key')).mode & 0o777).to.equal(0o600);
  });

  it('that are secret and exposed to others are refused', () => {
    writeAtomically(at('key'), 'secret', 'secret');
    expect(readSecret(at('key')).toString()).to.equal('secret');
    chmodSync(at('key'), 0o640);
    expect(codeOf(() => readSecret(at('key')))).to.equal('STATE_KEY_EXPOSED');
    chmodSync(at('key'), 0o604);
    expect(codeOf(() => readSecret(at('key')))).to.equal('STATE_KEY_EXPOSED');
  });

  it('that are missing are undefined, or damage where a key is needed', () => {
    expect(readIfPresent(at('nothing'))).to.equal(undefined);
    expect(codeOf(() => readSecret(at('nothing')))).to.equal('STATE_DAMAGED');
  });

  it('fail with a code that says whether the disk is full, read-only or broken', () => {
    const failing = (code: string): string =>
      storageFailure(Object.assign(new Error('x'), { code }), 'write', '/dir/file').code;
    expect(failing('ENOSPC')).to.equal('STATE_DISK_FULL');
    expect(failing('EDQUOT')).to.equal('STATE_DISK_FULL');
    expect(failing('SQLITE_FULL')).to.equal('STATE_DISK_FULL');
    expect(failing('EROFS')).to.equal('STATE_READ_ONLY');
    expect(failing('EACCES')).to.equal('STATE_READ_ONLY');
    expect(failing('SQLITE_READONLY_DBMOVED')).to.equal('STATE_READ_ONLY');
    expect(failing('EIO')).to.equal('STATE_IO');
  });

  it('cannot be made below a file', () => {
    writeFileSync(at('file'), '');
    expect(codeOf(() => ensureDirectory(join(at('file'), 'below')))).to.equal('STATE_IO');
    expect(codeOf(() => writeAtomically(join(at('file'), 'below'), 'x'))).to.equal('STATE_IO');
    expect(existsSync(join(at('file'), 'below'))).to.equal(false);
  });
});

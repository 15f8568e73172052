import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '../../../client/state/lock.js';
import { failureOf, temporaryDirectory } from '../workspace.js';

describe('the lock of a state directory', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let file: string;
  beforeEach(() => {
    workspace = temporaryDirectory();
    file = join(workspace.path, 'client.lock');
  });
  afterEach(() => {
    workspace.remove();
  });

  it('is held by one process at a time, and the refusal names that process', () => {
    const lock = acquireLock(file);
    const failure = failureOf(() => acquireLock(file));
    expect(failure.code).to.equal('STATE_LOCKED');
    expect(failure.details.pid).to.equal(process.pid);
    lock.release();
    acquireLock(file).release();
    expect(readdirSync(workspace.path)).to.deep.equal([]);
  });

  it('of a process that is gone is stale and is taken over', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(file, JSON.stringify({ pid, host: hostname(), started: '1' }));
    const lock = acquireLock(file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.have.property('pid', process.pid);
    lock.release();
    expect(readdirSync(workspace.path)).to.deep.equal([]);
  });

  it('of an earlier process with the same number is stale', function () {
    if (process.platform !== 'linux') this.skip();
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), started: '1' }));
    acquireLock(file).release();
  });

  it('of another host is respected, because that process cannot be seen', () => {
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere.example', started: '' }));
    expect(failureOf(() => acquireLock(file)).code).to.equal('STATE_LOCKED');
  });

  it('with content that nobody wrote is stale', () => {
    for (const content of ['', 'null', '{"pid":"1"}', 'garbage']) {
      writeFileSync(file, content);
      acquireLock(file).release();
    }
  });

  it('that another process has taken over is not released', () => {
    const lock = acquireLock(file);
    const other = JSON.stringify({ pid: 1, host: 'elsewhere.example', started: '' });
    writeFileSync(file, other);
    lock.release();
    expect(readFileSync(file, 'utf8')).to.equal(other);
  });
});

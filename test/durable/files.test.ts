import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolder, readIfPresent, replaceFile } from '../../durable/index.js';

describe('durable files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-durable-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are replaced whole, with the permissions asked for, and leave nothing beside them', () => {
    const path = join(folder, 'key');
    replaceFile(path, 'old', 0o600);
    replaceFile(path, Buffer.from('new'), 0o600);
    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.deep.equal(['key']);
  });

  it('keep the old content when the new one cannot be put in place, and leave nothing beside it', () => {
    const path = join(folder, 'taken');
    makeFolder(join(path, 'inside'));
    expect(() => {
      replaceFile(path, 'new', 0o600);
    }).to.throw(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).to.deep.equal(['taken']);
    expect(existsSync(join(path, 'inside'))).to.equal(true);
  });

  it('that are not there read as undefined, also below something that is no folder', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(readIfPresent(join(folder, 'none'))).to.equal(undefined);
    expect(readIfPresent(join(folder, 'file', 'none'))).to.equal(undefined);
    expect(() => readIfPresent(folder)).to.throw(/EISDIR/);
  });

  it('stand in folders made for their owner alone', () => {
    const path = join(folder, 'a', 'b');
    makeFolder(path);
    makeFolder(path);
    expect(statSync(join(folder, 'a')).mode & 0o777).to.equal(0o700);
    expect(statSync(path).mode & 0o777).to.equal(0o700);
  });

  it('get an error, not an endless loop, where the file system takes no folders', function () {
    if (!existsSync('/proc/self')) this.skip();
    expect(() => {
      makeFolder('/proc/guildhall/a');
    }).to.throw(/ENOENT/);
  });
});

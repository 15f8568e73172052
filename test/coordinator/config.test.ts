import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { initCoordinator, parseConfig, readConfig, statePaths } from '../../coordinator/index.js';
import { GuildhallError } from '../../errors/index.js';

const VALID = `federation = "market"
[listen]
rounds = "0.0.0.0:7443"
enrolment = "[::1]:7444"
[public]
host = "localhost"
`;

function refusal(work: () => unknown): GuildhallError {
  try {
    work();
  } catch (error) {
    if (error instanceof GuildhallError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('coordinator: coordinator.toml', () => {
  it('fills in the defaults of what is left out', () => {
    const config = parseConfig(VALID, 'coordinator.toml');
    expect(config.listen).to.deep.equal({
      rounds: { host: '0.0.0.0', port: 7443 },
      enrolment: { host: '::1', port: 7444 },
    });
    expect(config.rounds.disconnect_grace_ms).to.equal(2000);
    expect(config.rounds.keep_sums).to.equal(true);
  });

  const wrong: readonly [string, string, { line?: number; field?: string }][] = [
    ['a value of the wrong type', VALID.replace('"localhost"', '7'), { line: 6, field: 'public.host' }],
    ['an address without a port', VALID.replace('0.0.0.0:7443', '0.0.0.0'), { line: 3, field: 'listen.rounds' }],
    ['a key that does not exist', `${VALID}hots = "x"\n`, { line: 7, field: 'public.hots' }],
    ['a federation that cannot be a name', VALID.replace('market', 'Der Markt'), { line: 1, field: 'federation' }],
    ['a section that is missing', VALID.replace(/\[public\][^]*/, ''), { field: 'public' }],
    ['a value out of range', `${VALID}[rounds]\nmaximum_failures = 0\n`, { line: 8, field: 'rounds.maximum_failures' }],
    ['text that is not TOML', `${VALID}= 3\n`, { line: 7 }],
  ];
  for (const [what, text, details] of wrong) {
    it(`refuses ${what}, naming file, field and line`, () => {
      const error = refusal(() => parseConfig(text, 'coordinator.toml'));
      expect(error.code).to.equal('COORDINATOR_CONFIG_INVALID');
      expect(error.details).to.include({ file: 'coordinator.toml', ...details });
      expect(error.message).to.include('coordinator.toml');
    });
  }
});

describe('coordinator: init', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'guildhall-init-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it('makes a directory whose configuration reads back and whose secrets only the owner can read', async () => {
    const dir = join(root, 'state');
    const made = await initCoordinator(dir, { federation: 'market', publicHost: 'example.org' });
    expect(made.authorityFingerprint).to.match(/^[0-9a-f]{64}$/);
    const paths = statePaths(dir);
    expect(readConfig(paths.config)).to.include({ federation: 'market' });
    for (const secret of [paths.authorityKey, paths.serverKey, paths.administratorKey, paths.contractKey]) {
      expect(statSync(secret).mode & 0o777, secret).to.equal(0o600);
    }
    expect(readdirSync(root)).to.deep.equal(['state']);
  });

  it('refuses to touch a directory that is there', async () => {
    const dir = join(root, 'state');
    await initCoordinator(dir, { federation: 'market' });
    const before = readFileSync(statePaths(dir).contractKey);
    const error: unknown = await initCoordinator(dir, { federation: 'other' }).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'STATE_DIRECTORY_EXISTS' });
    expect(readFileSync(statePaths(dir).contractKey)).to.deep.equal(before);
  });

  it('leaves nothing behind when it fails', async () => {
    const blocked = join(root, 'file');
    writeFileSync(blocked, '');
    const error: unknown = await initCoordinator(join(blocked, 'state'), { federation: 'market' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'STORAGE_UNAVAILABLE' });
    expect(readdirSync(root)).to.deep.equal(['file']);
  });

  it('refuses a federation name that no contract could hold, before anything is written', async () => {
    const error: unknown = await initCoordinator(join(root, 'state'), { federation: 'No Good' }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.include({ code: 'COORDINATOR_CONFIG_INVALID' });
    expect(readdirSync(root)).to.deep.equal([]);
  });
});

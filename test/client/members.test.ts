import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareMembers, pinMembers, readMembers } from '../../client/members.js';
import { fingerprint, SigningKey } from '../../crypto/index.js';
import { codeOf, temporaryDirectory } from './workspace.js';

const key = (byte: number): Uint8Array => SigningKey.fromSeed(new Uint8Array(32).fill(byte)).publicKey;

describe('the members list', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let file: string;
  beforeEach(() => {
    workspace = temporaryDirectory();
    file = join(workspace.path, 'members.toml');
  });
  afterEach(() => {
    workspace.remove();
  });

  it('pins nobody when there is no file', () => {
    expect(readMembers(file)).to.deep.equal([]);
  });

  it('keeps what was pinned, and can be pinned again without a change', () => {
    const shown = new Map([
      ['south', key(2)],
      ['north', key(1)],
    ]);
    pinMembers(file, shown, [{ name: 'south' }]);
    pinMembers(file, shown, [
      { name: 'north', expectedFingerprint: fingerprint(key(1)).toLowerCase() },
      { name: 'south' },
    ]);
    expect(readMembers(file).map(({ name }) => name)).to.deep.equal(['north', 'south']);
  });

  it('refuses a key that changed, a merchant that nobody shows, and a fingerprint that differs, and then pins nobody', () => {
    pinMembers(file, new Map([['north', key(1)]]), [{ name: 'north' }]);
    const before = readFileSync(file, 'utf8');
    const shown = new Map([
      ['north', key(9)],
      ['south', key(2)],
    ]);
    expect(codeOf(() => pinMembers(file, shown, [{ name: 'south' }, { name: 'north' }]))).to.equal(
      'MEMBER_KEY_CHANGED',
    );
    expect(codeOf(() => pinMembers(file, shown, [{ name: 'west' }]))).to.equal('MEMBER_UNKNOWN');
    const wrong = [{ name: 'south', expectedFingerprint: fingerprint(key(3)) }];
    expect(codeOf(() => pinMembers(file, shown, wrong))).to.equal('MEMBER_FINGERPRINT_DIFFERS');
    expect(readFileSync(file, 'utf8')).to.equal(before);
  });

  it('stands beside what the platform shows', () => {
    const pinned = [1, 2, 3].map((byte) => ({
      name: `m${byte}`,
      identityKey: key(byte),
      fingerprint: fingerprint(key(byte)),
    }));
    const shown = new Map([
      ['m1', key(1)],
      ['m2', key(9)],
      ['m4', key(4)],
    ]);
    const states = compareMembers(shown, pinned).map(({ name, state }) => `${name} ${state}`);
    expect(states).to.deep.equal(['m1 pinned', 'm2 changed', 'm3 absent', 'm4 unpinned']);
  });

  it('that was edited into nonsense is refused', () => {
    const entry = (name: string, byte: number, print = fingerprint(key(byte))): string =>
      `[[member]]\nname = "${name}"\nidentity_key = "${Buffer.from(key(byte)).toString('hex')}"\nfingerprint = "${print}"\n`;
    for (const text of [
      entry('north', 1, fingerprint(key(2))),
      entry('north', 1) + entry('north', 2),
      entry('north', 1) + entry('south', 1),
      '[[member]]\nname = "north"\n',
      '[[member]\n',
    ]) {
      writeFileSync(file, text);
      expect(
        codeOf(() => readMembers(file)),
        text,
      ).to.equal('MEMBERS_MALFORMED');
    }
  });
});

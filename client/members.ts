import { stringify } from 'smol-toml';
import { z } from 'zod';
import { GuildhallError } from '../errors/index.js';
import { fingerprint, matchesFingerprint } from '../crypto/index.js';
import { readToml } from './config/toml.js';
import { readIfPresent, writeAtomically } from './state/files.js';

/** A merchant whose identity key this merchant's operator has pinned. */
export interface PinnedMember {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  readonly fingerprint: string;
}

/** One merchant as the platform shows it, beside what is pinned. */
export interface MemberComparison {
  readonly name: string;
  /** Of the key that the platform shows; undefined when it shows none. */
  readonly shown: string | undefined;
  /** Of the key that is pinned here; undefined when none is. */
  readonly pinned: string | undefined;
  /** `absent`: pinned here, and the platform no longer lists it. */
  readonly state: 'pinned' | 'unpinned' | 'changed' | 'absent';
}

const entry = z.strictObject({
  name: z.string().min(1),
  identity_key: z.string().regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in hexadecimal'),
  fingerprint: z.string(),
});
const schema = z.strictObject({ member: z.array(entry).default([]) });

const COMMENT = `# Merchants whose keys this merchant has compared outside the platform. A round with anyone else is refused.
# Written by "guildhall client members pin"; remove an entry to take a merchant's trust away.
`;

/**
 * Reads `members.toml`; an absent file pins nobody.
 * @throws GuildhallError MEMBERS_MALFORMED naming file, field and line, also for a fingerprint that is not its key's,
 *   a name listed twice or a key under two names
 */
export function readMembers(file: string): PinnedMember[] {
  const text = readIfPresent(file)?.toString('utf8') ?? '';
  const members = readToml(text, file, schema, 'MEMBERS_MALFORMED').member.map((fields) => {
    const identityKey = new Uint8Array(Buffer.from(fields.identity_key, 'hex'));
    if (fingerprint(identityKey) !== fields.fingerprint) {
      throw malformed(file, `the fingerprint of ${fields.name} does not belong to its key`);
    }
    return { name: fields.name, identityKey, fingerprint: fields.fingerprint };
  });
  if (new Set(members.map((member) => member.name)).size < members.length) throw malformed(file, 'a name stands twice');
  if (new Set(members.map((member) => member.fingerprint)).size < members.length) {
    throw malformed(file, 'two names share a key');
  }
  return members;
}

/** The platform's list beside the pins, by name. */
export function compareMembers(
  shown: ReadonlyMap<string, Uint8Array>,
  pinned: readonly PinnedMember[],
): MemberComparison[] {
  const pins = new Map(pinned.map((member) => [member.name, member.fingerprint]));
  const names = [...new Set([...shown.keys(), ...pins.keys()])].sort();
  return names.map((name) => {
    const key = shown.get(name);
    const seen = key === undefined ? undefined : fingerprint(key);
    const pin = pins.get(name);
    return { name, shown: seen, pinned: pin, state: stateOf(seen, pin) };
  });
}

function stateOf(shown: string | undefined, pinned: string | undefined): MemberComparison['state'] {
  if (shown === undefined) return 'absent';
  if (pinned === undefined) return 'unpinned';
  return shown === pinned ? 'pinned' : 'changed';
}

/** What an operator asks to pin. */
export interface PinRequest {
  readonly name: string;
  /** As read out by the other merchant, compared before pinning; undefined when the operator compares by eye. */
  readonly expectedFingerprint?: string | undefined;
}

/**
 * Adds the keys that the platform shows for the named merchants to `members.toml`, all of them or none.
 * @throws GuildhallError MEMBER_UNKNOWN, MEMBER_KEY_CHANGED when another key is pinned under the name,
 *   MEMBER_FINGERPRINT_DIFFERS when the key is not the expected one
 */
export function pinMembers(
  file: string,
  shown: ReadonlyMap<string, Uint8Array>,
  requests: readonly PinRequest[],
): PinnedMember[] {
  const members = new Map(readMembers(file).map((member) => [member.name, member]));
  for (const { name, expectedFingerprint } of requests) {
    const identityKey = shown.get(name);
    if (identityKey === undefined)
      throw new GuildhallError('MEMBER_UNKNOWN', `The platform shows no merchant "${name}".`);
    const seen = fingerprint(identityKey);
    const pin = members.get(name);
    if (pin !== undefined && pin.fingerprint !== seen) {
      throw new GuildhallError(
        'MEMBER_KEY_CHANGED',
        `${name} is pinned as ${pin.fingerprint}, the platform shows ${seen}.`,
      );
    }
    if (expectedFingerprint !== undefined && !matchesFingerprint(identityKey, expectedFingerprint)) {
      throw new GuildhallError(
        'MEMBER_FINGERPRINT_DIFFERS',
        `For ${name} the platform shows ${seen}, not ${expectedFingerprint}.`,
      );
    }
    members.set(name, { name, identityKey, fingerprint: seen });
  }
  const all = [...members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  writeAtomically(file, formatMembers(all));
  return all;
}

function formatMembers(members: readonly PinnedMember[]): string {
  const member = members.map(({ name, identityKey, fingerprint: print }) => ({
    name,
    identity_key: Buffer.from(identityKey).toString('hex'),
    fingerprint: print,
  }));
  return COMMENT + (member.length === 0 ? '' : stringify({ member }));
}

function malformed(file: string, what: string): GuildhallError {
  return new GuildhallError('MEMBERS_MALFORMED', `${file}: ${what}.`, { details: { file } });
}

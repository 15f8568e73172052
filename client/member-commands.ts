import { fingerprint } from '../crypto/index.js';
import { compareMembers, pinMembers, readMembers } from './members.js';
import type { MemberComparison, PinnedMember, PinRequest } from './members.js';
import { connect, currentPolicy, openClient } from './session.js';

/** What the platform says beside what is pinned. */
export interface MembersReport {
  readonly merchant: string;
  /** This merchant's own fingerprint, to be read to the others. */
  readonly fingerprint: string;
  /** The other merchants. */
  readonly members: readonly MemberComparison[];
  /** True where the policy takes the platform's word instead of pins; to be shown as the warning that it is. */
  readonly trustsPlatform: boolean;
}

/** How to reach the members list. */
export interface MembersOptions {
  readonly dir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * `guildhall client members`: the platform's list beside the pins, with fingerprints to compare outside the platform.
 * @throws GuildhallError STATE_*, MEMBERS_MALFORMED, COORDINATOR_*, and a list that shows this merchant under another key
 *   is reported as its own entry with state `changed`
 */
export async function listMembers({ dir, signal }: MembersOptions): Promise<MembersReport> {
  const client = openClient(dir);
  const { merchant, identity, paths } = client.state;
  const pins = readMembers(paths.members);
  const shown = await shownMembers(client, signal);
  const own = { name: merchant, identityKey: identity.publicKey, fingerprint: fingerprint(identity.publicKey) };
  const all = compareMembers(shown, [...pins.filter(({ name }) => name !== merchant), own]);
  return {
    merchant,
    fingerprint: own.fingerprint,
    members: all.filter(({ name, state }) => name !== merchant || state === 'changed'),
    trustsPlatform: currentPolicy(client).trust_platform_roster,
  };
}

/**
 * `guildhall client members pin`: pins the keys that the platform shows, after the operator has compared fingerprints.
 * @param options.members all of them are pinned, or none
 * @throws GuildhallError MEMBER_UNKNOWN, MEMBER_KEY_CHANGED, MEMBER_FINGERPRINT_DIFFERS, and as {@link listMembers}
 */
export async function pinShownMembers(
  options: MembersOptions & { readonly members: readonly PinRequest[] },
): Promise<readonly PinnedMember[]> {
  const client = openClient(options.dir);
  const shown = await shownMembers(client, options.signal);
  return pinMembers(client.state.paths.members, shown, options.members);
}

async function shownMembers(
  client: ReturnType<typeof openClient>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { api, caller } = connect(client);
  try {
    return await api.listMembers({ signal });
  } finally {
    caller.close();
  }
}

import type { Advertisement, Agreement, MaskedInput, Opening, Unmasking } from '../../proto/index.js';
import { ShareKind as WireShareKind } from '../../proto/index.js';
import { equalBytes } from '../bytes.js';
import { requireCoin } from './coins.js';
import type { ReadSharing } from './dealt-shares.js';
import { SHARE_BYTES, SHARE_NONCE_BYTES } from './dealing.js';
import type { NeighbourGraph } from './graph.js';
import { ATTACHMENT_BYTES } from './messages.js';
import { sameView } from './views.js';
import type { ViewHashes } from './views.js';
import { checkAdvertisement, keysOf, memberKey } from './roster.js';
import type { MembersList, RosterView } from './roster.js';
import { refuse, requireLength } from './refusal.js';
import type { SecAggTerms } from './terms.js';
import { shareHash } from './transcript.js';
import type { ShareKind, Transcript } from './transcript.js';

/** The names and hash of U2. */
export interface SharersView {
  /** In merchant order. */
  readonly names: ReadonlySet<string>;
  readonly hash: Buffer;
}

/** The names of U3 and the view that its members are to sign. */
export interface SurvivorsView extends ViewHashes {
  /** In merchant order. */
  readonly names: ReadonlySet<string>;
}

/** A share that was revealed and opens its hash. */
export interface ValidShare {
  readonly owner: string;
  readonly holder: string;
  readonly share: Uint8Array;
}

/** A merchant that sent something unusable; the round goes on without it. */
export interface Fault {
  /** Who sent it. */
  readonly merchant: string;
  /** Whose share it was. */
  readonly owner: string;
  readonly code: 'SECAGG_SHARE_UNOPENED';
}

/**
 * R0 at the coordinator.
 *
 * @param context.taken the keys of advertisements accepted before, as text: no key may come twice, or every client would
 * refuse the roster
 * @returns this merchant's keys as text
 * @throws GuildhallError SECAGG_DUPLICATE and the codes of {@link checkAdvertisement}
 */
export function checkAdvertising(
  message: Advertisement,
  context: {
    readonly terms: SecAggTerms;
    readonly members: MembersList;
    readonly taken: ReadonlySet<string>;
  },
): readonly string[] {
  checkAdvertisement(message, context.terms);
  const keys = keysOf({
    identityKey: memberKey(context.members, message.merchant),
    boxKey: message.boxPublicKey,
    maskKey: message.maskPublicKey,
  });
  if (new Set(keys).size !== keys.length || keys.some((key) => context.taken.has(key))) {
    refuse('SECAGG_DUPLICATE', `${message.merchant} advertises a key that has been advertised before`);
  }
  return keys;
}

/**
 * R0b at the coordinator: a coin that does not open its commitment would make every client refuse.
 *
 * @throws GuildhallError SECAGG_TRANSCRIPT_MISMATCH, SECAGG_COIN_MISMATCH
 */
export function checkOpening(message: Opening, view: RosterView): void {
  requireTranscript(message, view.transcript);
  const entry = view.byMerchant.get(message.merchant);
  if (entry !== undefined) requireCoin(entry, message.coin);
}

/**
 * R1 at the coordinator: one box for each neighbour, in order. What is inside only they can tell.
 *
 * @throws GuildhallError SECAGG_TRANSCRIPT_MISMATCH, SECAGG_NOT_A_NEIGHBOUR, SECAGG_MESSAGE_MALFORMED
 */
export function checkSharing(message: ReadSharing, view: RosterView, graph: NeighbourGraph): void {
  const { merchant, recipients } = message;
  requireTranscript(message, view.transcript);
  requireLength(message.selfMaskCommitment, 32, `the self-mask commitment of ${merchant}`);
  const neighbours = graph.neighbours(merchant);
  const areInOrder =
    recipients.length === neighbours.length &&
    recipients.every((recipient, at) => recipient === neighbours[at]?.merchant);
  if (!areInOrder) {
    for (const recipient of recipients) {
      if (graph.has(merchant, recipient)) continue;
      refuse('SECAGG_NOT_A_NEIGHBOUR', `${merchant} dealt a box to ${recipient}, who is no neighbour`, { merchant });
    }
    refuse('SECAGG_MESSAGE_MALFORMED', `the boxes of ${merchant} are not one for each neighbour, in merchant order`);
  }
}

/**
 * Everyone whose masks are in the sum needs t neighbours who are still there; a round that goes on without them would
 * spend everybody's privacy budget for nothing. On the complete graph U_min sees to it; on a sparse one it fails with
 * probability 2^−20 while no more than a share of δ is gone.
 *
 * @param owners U2
 * @param there who is still there: U2, then U3
 * @throws GuildhallError SECAGG_NEIGHBOURS_TOO_FEW naming the first who has too few
 */
export function requireNeighbours(
  graph: NeighbourGraph,
  needed: number,
  owners: ReadonlySet<string>,
  there: ReadonlySet<string>,
): void {
  for (const owner of owners) {
    const left = graph.neighbours(owner).filter(({ merchant }) => there.has(merchant)).length;
    if (left >= needed) continue;
    refuse('SECAGG_NEIGHBOURS_TOO_FEW', `${left} neighbours of ${owner} are left; ${needed} are needed`, { owner });
  }
}

/**
 * R2 at the coordinator. An H(U2) that is not the one sent would make every client refuse, so it is turned away here.
 *
 * @throws GuildhallError SECAGG_TRANSCRIPT_MISMATCH, SECAGG_OTHER_SHARERS, SECAGG_VECTOR_MISMATCH,
 * SECAGG_MESSAGE_MALFORMED
 */
export function checkInput(
  message: MaskedInput,
  context: { readonly terms: SecAggTerms; readonly view: RosterView; readonly sharers: SharersView },
): void {
  const { merchant } = message;
  const { terms } = context;
  requireTranscript(message, context.view.transcript);
  if (!equalBytes(message.sharersHash, context.sharers.hash)) {
    refuse('SECAGG_OTHER_SHARERS', `${merchant} masked for another list of sharers than the one it was sent`);
  }
  requireLength(message.vectorSha256, 32, `the vector digest of ${merchant}`);
  if (message.dimension !== terms.dimension || message.ringBits !== terms.ringBits) {
    refuse(
      'SECAGG_VECTOR_MISMATCH',
      `the vector of ${merchant} has ${message.dimension} words of ${message.ringBits} bits; ` +
        `the round's has ${terms.dimension} of ${terms.ringBits}`,
    );
  }
}

/**
 * R3 at the coordinator: a signature on another view than the one sent helps nobody.
 *
 * @throws GuildhallError SECAGG_TRANSCRIPT_MISMATCH, SECAGG_VIEW_DISAGREES
 */
export function checkAgreement(message: Agreement, view: RosterView, survivors: SurvivorsView): void {
  requireTranscript(message, view.transcript);
  if (!sameView(message, survivors)) {
    refuse('SECAGG_VIEW_DISAGREES', `${message.merchant} signed another view than the one it was sent`);
  }
}

const KINDS = new Map<WireShareKind, ShareKind>([
  [WireShareKind.SHARE_KIND_SELF_MASK, 'self-mask'],
  [WireShareKind.SHARE_KIND_MASK_KEY, 'mask-key'],
]);

/**
 * R4 at the coordinator: of each owner one share, of the kind that the survivor set asks for. Shares that do not open
 * their hash are left out and their sender named.
 *
 * @param context.published the hash that `owner` published of a share that the sender holds
 * @throws GuildhallError SECAGG_TRANSCRIPT_MISMATCH, SECAGG_NOT_A_NEIGHBOUR, SECAGG_BOTH_SHARES, SECAGG_DUPLICATE,
 * SECAGG_MESSAGE_MALFORMED
 */
export function checkUnmasking(
  message: Unmasking,
  context: {
    readonly view: RosterView;
    readonly graph: NeighbourGraph;
    readonly sharers: SharersView;
    readonly survivors: SurvivorsView;
    readonly published: (owner: string, kind: ShareKind) => Uint8Array | undefined;
  },
): { readonly valid: readonly ValidShare[]; readonly faults: readonly Fault[] } {
  const { merchant: holder } = message;
  const { transcript } = context.view;
  requireTranscript(message, transcript);
  if (message.attachment.length > ATTACHMENT_BYTES) {
    refuse('SECAGG_MESSAGE_MALFORMED', `${holder} attaches ${message.attachment.length} bytes`, { merchant: holder });
  }
  const valid: ValidShare[] = [];
  const faults: Fault[] = [];
  const seen = new Map<string, ShareKind>();
  const [sharers, survivors] = [context.sharers.names, context.survivors.names];
  for (const revealed of message.shares) {
    const { owner, share, nonce } = revealed;
    const kind = KINDS.get(revealed.kind);
    if (kind === undefined || owner === holder || !sharers.has(owner)) {
      refuse('SECAGG_MESSAGE_MALFORMED', `${holder} reveals a share that it cannot hold`, { owner });
    }
    if (!context.graph.has(owner, holder)) {
      refuse('SECAGG_NOT_A_NEIGHBOUR', `${holder} reveals a share of ${owner}, who is no neighbour`, { owner });
    }
    const before = seen.get(owner);
    const wanted = survivors.has(owner) ? 'self-mask' : 'mask-key';
    if (kind !== wanted || (before !== undefined && before !== kind)) {
      refuse('SECAGG_BOTH_SHARES', `${holder} reveals the kind of share of ${owner} that must stay hidden`, { owner });
    }
    if (before !== undefined) refuse('SECAGG_DUPLICATE', `${holder} reveals a share of ${owner} twice`, { owner });
    seen.set(owner, kind);
    const published = context.published(owner, kind);
    const opens =
      published !== undefined &&
      share.length === SHARE_BYTES &&
      nonce.length === SHARE_NONCE_BYTES &&
      equalBytes(published, shareHash({ kind, transcript, owner, holder, share, nonce }));
    if (opens) valid.push({ owner, holder, share });
    else faults.push({ merchant: holder, owner, code: 'SECAGG_SHARE_UNOPENED' });
  }
  return { valid, faults };
}

function requireTranscript(message: { merchant: string; transcript: Uint8Array }, transcript: Transcript): void {
  if (!equalBytes(message.transcript, transcript)) {
    refuse('SECAGG_TRANSCRIPT_MISMATCH', `a message of ${message.merchant} is for another roster or contract`);
  }
}

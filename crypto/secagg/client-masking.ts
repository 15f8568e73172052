import type { Delivery } from '../../proto/index.js';
import { applyMasks } from '../mask.js';
import type { Mask } from '../mask.js';
import { sha256 } from '../hash.js';
import { packInPlace } from '../packing.js';
import type {
  Delivered,
  Masked,
  MaskedOutput,
  Session,
  Shared,
  SharersOutput,
  SharingOutput,
  Transition,
} from './client-state.js';
import { dealShares, openShares } from './dealing.js';
import type { NeighbourGraph } from './graph.js';
import { HeldShares } from './held-shares.js';
import type { SharePair } from './held-shares.js';
import { MASKED_INPUT, SHARING, sealMessage } from './messages.js';
import { pairwiseMask } from './pairwise.js';
import type { RosterEntry, RosterView } from './roster.js';
import { refuse, requireMerchantOrder } from './refusal.js';
import { selfMaskCommitment, sharersHash } from './transcript.js';

/**
 * R1 Share, with the neighbours that the graph gives.
 *
 * @param opened whose coins this client has opened; on the complete graph that asks for none, the whole roster
 * @throws GuildhallError SECAGG_NEIGHBOURS_TOO_FEW
 */
export function share(
  session: Session,
  view: RosterView,
  graph: NeighbourGraph,
  opened: ReadonlySet<string> = new Set(view.byMerchant.keys()),
): Transition<Shared, SharingOutput> {
  const { merchant, identity, random, boxKey, maskKey, coin } = session;
  coin.fill(0);
  const holders = graph.neighbours(merchant);
  if (holders.length < view.thresholds.share) {
    refuse(
      'SECAGG_NEIGHBOURS_TOO_FEW',
      `${merchant} has ${holders.length} neighbours; ${view.thresholds.share} are needed to take its masks out`,
      { merchant },
    );
  }
  const selfMask = random.bytes(32);
  const sharing = {
    transcript: view.transcript,
    merchant,
    selfMaskCommitment: selfMaskCommitment(view.transcript, merchant, selfMask),
    shares: dealShares({ view, dealer: merchant, holders, boxKey, selfMask, maskSecret: maskKey.secret, random }),
  };
  return {
    state: { phase: 'shared', view, graph, opened, selfMask },
    output: { kind: 'sharing', sharing: sealMessage(SHARING, sharing, identity) },
  };
}

/**
 * Takes U2 and the neighbours' boxes. A box that is missing, does not open or does not match its hashes means that no
 * share is held; its sender stays in U2.
 *
 * @throws GuildhallError SECAGG_DUPLICATE, SECAGG_SHARERS_NOT_IN_ROSTER, SECAGG_SHARER_UNOPENED, SECAGG_NOT_A_SHARER,
 * SECAGG_SHARERS_TOO_FEW, SECAGG_NOT_A_NEIGHBOUR, SECAGG_MESSAGE_MALFORMED
 */
export function receiveDelivery(
  session: Session,
  state: Shared,
  delivery: Delivery,
): Transition<Delivered, SharersOutput> {
  const { merchant, boxKey } = session;
  const { view, graph, opened } = state;
  const { sharers } = delivery;
  requireMerchantOrder(sharers, 'the list of sharers');
  for (const sharer of sharers) {
    if (!view.byMerchant.has(sharer)) {
      refuse('SECAGG_SHARERS_NOT_IN_ROSTER', `${sharer} is said to have shared without being in the roster`);
    }
    if (!opened.has(sharer)) {
      refuse('SECAGG_SHARER_UNOPENED', `${sharer} is said to have shared without having opened its coin`);
    }
  }
  if (!sharers.includes(merchant)) {
    refuse('SECAGG_NOT_A_SHARER', `${merchant} is not among the sharers`, { merchant });
  }
  if (sharers.length < view.thresholds.minimumSurvivors) {
    refuse(
      'SECAGG_SHARERS_TOO_FEW',
      `${sharers.length} merchants shared; at least ${view.thresholds.minimumSurvivors} are needed`,
    );
  }
  requireMerchantOrder(
    delivery.shares.map(({ sender }) => sender),
    'the list of boxes',
  );
  const pairs = new Map<string, SharePair>();
  const sharing = new Set(sharers);
  for (const delivered of delivery.shares) {
    const { sender } = delivered;
    if (!graph.has(merchant, sender)) {
      refuse('SECAGG_NOT_A_NEIGHBOUR', `a box of ${sender}, who is no neighbour of ${merchant}`, { merchant: sender });
    }
    if (!sharing.has(sender)) {
      refuse('SECAGG_MESSAGE_MALFORMED', `a box of ${sender}, who did not share`, { merchant: sender });
    }
    const { transcript } = view;
    const pair = openShares({ transcript, dealer: entryOf(view, sender), holder: merchant, boxKey, delivered });
    if (pair !== undefined) pairs.set(sender, pair);
  }
  const held = new HeldShares(pairs);
  return {
    state: { ...state, phase: 'delivered', sharers, sharersHash: sharersHash(view.transcript, sharers), held },
    output: { kind: 'sharers', rosterSize: view.entries.length, sharers },
  };
}

/**
 * R2 Input: y = x + PRG(b) ± Σ PRG(pairwise keys) over the neighbours in U2, in place; then the masks' secrets are erased, so that no
 * second vector can be masked with them. The words are then packed where they stand: there is never a second vector.
 *
 * @param vector d words below 2^w
 */
export function maskInput(session: Session, state: Delivered, vector: Uint32Array): Transition<Masked, MaskedOutput> {
  const { terms, merchant, identity, maskKey } = session;
  const { view, graph, sharers, held } = state;
  const { transcript } = view;
  const { ringBits } = terms;
  const sharing = new Set(sharers);
  const masks: Mask[] = [{ key: state.selfMask, sign: 1 }];
  for (const { merchant: peer, maskKey: peerKey } of graph.neighbours(merchant)) {
    if (sharing.has(peer)) masks.push(pairwiseMask({ key: maskKey, peerKey, transcript, own: merchant, peer }));
  }
  maskKey.erase();
  applyMasks(vector, masks, { ringBits });
  for (const { key } of masks) key.fill(0);
  const packed = packInPlace(vector, ringBits);
  const message = {
    transcript,
    merchant,
    sharersHash: state.sharersHash,
    vectorSha256: sha256(packed),
    dimension: terms.dimension,
    ringBits,
  };
  const input = sealMessage(MASKED_INPUT, message, identity);
  return {
    state: { phase: 'masked', view, graph, sharers, sharersHash: state.sharersHash, held, input },
    output: { kind: 'masked', input, packed },
  };
}

/** The roster's entry of a merchant that is known to be in it. */
function entryOf(view: RosterView, merchant: string): RosterEntry {
  const entry = view.byMerchant.get(merchant);
  if (entry === undefined) throw new TypeError(`${merchant} is not in the roster`);
  return entry;
}

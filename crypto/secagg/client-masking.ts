import type { Advertisement, Delivery, Roster } from '../../proto/index.js';
import { sameEnvelope } from '../dsse.js';
import { applyMasks } from '../mask.js';
import type { Mask } from '../mask.js';
import { hashWords } from '../words.js';
import { AgreementKey } from '../x25519.js';
import type {
  ClientOptions,
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
import { HeldShares } from './held-shares.js';
import type { SharePair } from './held-shares.js';
import { ADVERTISEMENT, MASKED_INPUT, SHARING, sealMessage } from './messages.js';
import { pairwiseMask } from './pairwise.js';
import { memberKey, readRoster } from './roster.js';
import type { RosterEntry, RosterView } from './roster.js';
import { refuse, requireMerchantOrder } from './refusal.js';
import { checkTerms } from './terms.js';
import { coinCommitment, selfMaskCommitment, sharersHash } from './transcript.js';

/**
 * R0 Advertise: fresh keys, and a commitment to a coin.
 *
 * @throws GuildhallError SECAGG_TERMS_INVALID, SECAGG_COLLUDERS_BELOW_FLOOR; SECAGG_NOT_A_MEMBER or
 * SECAGG_OWN_KEY_ALTERED if the members list has another key, or none, under this merchant's name
 */
export function advertise(options: ClientOptions): Session {
  const { terms, merchant, identity, members, colludersFloor, random } = options;
  checkTerms(terms);
  if (terms.colluders < colludersFloor) {
    refuse('SECAGG_COLLUDERS_BELOW_FLOOR', `the round tolerates ${terms.colluders} colluders, below ${colludersFloor}`);
  }
  if (Buffer.compare(memberKey(members, merchant), identity.publicKey) !== 0) {
    refuse('SECAGG_OWN_KEY_ALTERED', `the members list has another identity key for ${merchant}`, { merchant });
  }
  const boxKey = AgreementKey.generate(random);
  const maskKey = AgreementKey.generate(random);
  // Only a sparse graph is drawn from coins; on the complete one the commitment is never opened.
  const coin = random.bytes(32);
  const advertisement: Advertisement = {
    contractSha256: Buffer.from(terms.contractSha256),
    merchant,
    boxPublicKey: Buffer.from(boxKey.publicKey),
    maskPublicKey: Buffer.from(maskKey.publicKey),
    coinCommitment: coinCommitment(merchant, coin),
  };
  coin.fill(0);
  return { ...options, boxKey, maskKey, advertisement: sealMessage(ADVERTISEMENT, advertisement, identity) };
}

/**
 * R1 Share, once the roster has passed every check.
 *
 * @throws GuildhallError SECAGG_OWN_KEY_ALTERED, SECAGG_SURVIVORS_BELOW_FLOOR, SECAGG_TOO_FEW_HONEST and the codes of
 * {@link readRoster}
 */
export function share(session: Session, roster: Roster): Transition<Shared, SharingOutput> {
  const { terms, merchant, identity, random } = session;
  if (!roster.advertisements.some((envelope) => sameEnvelope(envelope, session.advertisement))) {
    refuse('SECAGG_OWN_KEY_ALTERED', `the roster lacks the advertisement that ${merchant} sent`, { merchant });
  }
  const view = readRoster(roster.advertisements, session);
  const { minimumSurvivors } = view.thresholds;
  if (minimumSurvivors < session.survivorsFloor) {
    refuse(
      'SECAGG_SURVIVORS_BELOW_FLOOR',
      `the round unmasks for ${minimumSurvivors} merchants, below ${session.survivorsFloor}`,
    );
  }
  if (minimumSurvivors - terms.colluders < 2) {
    refuse(
      'SECAGG_TOO_FEW_HONEST',
      `of ${minimumSurvivors} survivors ${terms.colluders} may collude: fewer than two honest ones are left`,
    );
  }
  const selfMask = random.bytes(32);
  const { boxKey, maskKey } = session;
  const sharing = {
    transcript: view.transcript,
    merchant,
    selfMaskCommitment: selfMaskCommitment(view.transcript, merchant, selfMask),
    shares: dealShares({
      view,
      dealer: entryOf(view, merchant),
      boxKey,
      selfMask,
      maskSecret: maskKey.secret,
      random,
    }),
  };
  return {
    state: { phase: 'shared', view, selfMask },
    output: { kind: 'sharing', sharing: sealMessage(SHARING, sharing, identity) },
  };
}

/**
 * Takes U2 and the neighbours' boxes. A box that is missing, does not open or does not match its hashes means that no
 * share is held; its sender stays in U2.
 *
 * @throws GuildhallError SECAGG_DUPLICATE, SECAGG_SHARERS_NOT_IN_ROSTER, SECAGG_NOT_A_SHARER, SECAGG_SHARERS_TOO_FEW,
 * SECAGG_MESSAGE_MALFORMED
 */
export function receiveDelivery(
  session: Session,
  state: Shared,
  delivery: Delivery,
): Transition<Delivered, SharersOutput> {
  const { merchant, boxKey } = session;
  const { view } = state;
  const { sharers } = delivery;
  requireMerchantOrder(sharers, 'the list of sharers');
  for (const sharer of sharers) {
    if (!view.byMerchant.has(sharer)) {
      refuse('SECAGG_SHARERS_NOT_IN_ROSTER', `${sharer} is said to have shared without being in the roster`);
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
    if (sender === merchant || !sharing.has(sender)) {
      refuse('SECAGG_MESSAGE_MALFORMED', `a box of ${sender}, who is no sharing neighbour`, { merchant: sender });
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
 * R2 Input: y = x + PRG(b) ± Σ PRG(pairwise keys) over U2, in place; then the masks' secrets are erased, so that no
 * second vector can be masked with them.
 *
 * @param vector d words
 */
export function maskInput(session: Session, state: Delivered, vector: Uint32Array): Transition<Masked, MaskedOutput> {
  const { terms, merchant, identity, maskKey } = session;
  const { view, sharers, held } = state;
  const { transcript } = view;
  const { ringBits } = terms;
  const masks: Mask[] = [{ key: state.selfMask, sign: 1 }];
  for (const peer of sharers) {
    if (peer === merchant) continue;
    const peerKey = entryOf(view, peer).maskKey;
    masks.push(pairwiseMask({ key: maskKey, peerKey, transcript, own: merchant, peer }));
  }
  maskKey.erase();
  applyMasks(vector, masks, { ringBits });
  for (const { key } of masks) key.fill(0);
  const message = {
    transcript,
    merchant,
    sharersHash: state.sharersHash,
    vectorSha256: hashWords(vector),
    dimension: terms.dimension,
    ringBits,
  };
  const input = sealMessage(MASKED_INPUT, message, identity);
  return {
    state: { phase: 'masked', view, sharers, sharersHash: state.sharersHash, held, input },
    output: { kind: 'masked', input, vector },
  };
}

/** The roster's entry of a merchant that is known to be in it. */
function entryOf(view: RosterView, merchant: string): RosterEntry {
  const entry = view.byMerchant.get(merchant);
  if (entry === undefined) throw new TypeError(`${merchant} is not in the roster`);
  return entry;
}

import { equalBytes } from '../bytes.js';
import { applyMasks } from '../mask.js';
import type { Mask } from '../mask.js';
import { combineShares, lagrangeAtZero } from '../shamir.js';
import { AgreementKey } from '../x25519.js';
import type { NeighbourGraph } from './graph.js';
import { pairwiseMask } from './pairwise.js';
import type { RosterEntry, RosterView } from './roster.js';
import { refuse } from './refusal.js';
import type { SharersView, SurvivorsView, ValidShare } from './server-checks.js';
import { selfMaskCommitment } from './transcript.js';
import type { Transcript } from './transcript.js';

/** Someone who shared and vanished: its half of the masks with its neighbours among the survivors is to be taken out. */
export interface VanishedMerchant {
  readonly merchant: string;
  /** s, the 32 secret bytes of its X25519 mask key. */
  readonly maskSecret: Uint8Array;
  readonly survivors: readonly RosterEntry[];
}

/** What has to be taken out of the sum of U3's masked vectors. Secret until applied; to be erased after. */
export interface UnmaskingPlan {
  readonly transcript: Transcript;
  /** b of every survivor, 32 bytes each. */
  readonly selfMaskSeeds: Uint8Array[];
  readonly vanished: VanishedMerchant[];
}

/**
 * Decodes the secrets that the survivor set asks for: each from t of its valid shares, checked against what its owner
 * published.
 *
 * @param round.commitments SHA-256(label ‖ τ ‖ i ‖ b) by merchant, from R1
 * @throws GuildhallError SECAGG_SHARES_TOO_FEW, SECAGG_SELF_MASK_WRONG, SECAGG_MASK_KEY_WRONG
 */
export function planUnmasking(round: {
  readonly view: RosterView;
  readonly graph: NeighbourGraph;
  readonly sharers: SharersView;
  readonly survivors: SurvivorsView;
  readonly commitments: ReadonlyMap<string, Uint8Array>;
  readonly shares: readonly ValidShare[];
}): UnmaskingPlan {
  const { view, graph, sharers, survivors, commitments } = round;
  const { transcript } = view;
  const decode = shareDecoder(view, round.shares);
  const alive = new Set(survivors.names);
  const shared = new Set(sharers.names);
  const entries = view.entries.filter(({ merchant }) => shared.has(merchant));
  const plan: UnmaskingPlan = { transcript, selfMaskSeeds: [], vanished: [] };
  try {
    for (const { merchant, maskKey } of entries) {
      const secret = decode(merchant, graph.neighbours(merchant));
      if (alive.has(merchant)) {
        plan.selfMaskSeeds.push(secret);
        const commitment = commitments.get(merchant);
        if (commitment === undefined || !equalBytes(commitment, selfMaskCommitment(transcript, merchant, secret))) {
          refuse('SECAGG_SELF_MASK_WRONG', `unmask: the self-mask of ${merchant} is not the one it committed to`);
        }
        continue;
      }
      const neighbours = graph.neighbours(merchant).filter((neighbour) => alive.has(neighbour.merchant));
      plan.vanished.push({ merchant, maskSecret: secret, survivors: neighbours });
      const key = AgreementKey.fromSecret(secret);
      const opens = equalBytes(key.publicKey, maskKey);
      key.erase();
      if (!opens) refuse('SECAGG_MASK_KEY_WRONG', `unmask: the mask key of ${merchant} is not the one it advertised`);
    }
    return plan;
  } catch (error) {
    eraseUnmasking(plan);
    throw error;
  }
}

/** Decodes an owner's secret from the first t of its valid shares, with one set of coefficients for each set of holders. */
function shareDecoder(
  view: RosterView,
  shares: readonly ValidShare[],
): (owner: string, holders: readonly RosterEntry[]) => Uint8Array {
  const needed = view.thresholds.share;
  const byOwner = new Map<string, Map<string, Uint8Array>>();
  for (const { owner, holder, share } of shares) {
    const held = byOwner.get(owner) ?? new Map<string, Uint8Array>();
    byOwner.set(owner, held.set(holder, share));
  }
  const coefficients = new Map<string, Uint16Array>();
  return (owner, holders) => {
    const held = byOwner.get(owner);
    const used: { point: number; share: Uint8Array }[] = [];
    for (const { merchant, point } of holders) {
      const share = held?.get(merchant);
      if (share !== undefined) used.push({ point, share });
      if (used.length === needed) break;
    }
    if (used.length < needed) {
      refuse('SECAGG_SHARES_TOO_FEW', `unmask: ${used.length} valid shares of ${owner}; ${needed} are needed`, {
        owner,
      });
    }
    const points = used.map(({ point }) => point);
    const name = points.join();
    const factors = coefficients.get(name) ?? lagrangeAtZero(points);
    coefficients.set(name, factors);
    return combineShares(
      used.map(({ share }) => share),
      factors,
    );
  };
}

/** The masks of the survivors' seeds, with the sign that takes them out of the sum. The keys are the plan's own memory. */
export function selfMasksOf({ selfMaskSeeds }: UnmaskingPlan): readonly Mask[] {
  return selfMaskSeeds.map((key): Mask => ({ key, sign: -1 }));
}

/**
 * The masks between someone who vanished and its neighbours among the survivors: one key agreement for each, some 0.1 ms.
 * What the vanished merchant would have added is what cancels the survivors' halves. The caller erases the keys.
 */
export function masksOfVanished({ transcript }: UnmaskingPlan, vanished: VanishedMerchant): readonly Mask[] {
  const { merchant: own, survivors } = vanished;
  const key = AgreementKey.fromSecret(vanished.maskSecret);
  try {
    return survivors.map(({ merchant: peer, maskKey: peerKey }) =>
      pairwiseMask({ key, peerKey, transcript, own, peer }),
    );
  } finally {
    key.erase();
  }
}

/**
 * Takes every mask of the plan out of the sum of U3's masked vectors, in place: Σ x mod 2^w is left.
 *
 * @param sum d words
 * @param ringBits w
 */
export function applyUnmasking(sum: Uint32Array, plan: UnmaskingPlan, ringBits: number): void {
  applyMasks(sum, selfMasksOf(plan), { ringBits });
  for (const vanished of plan.vanished) {
    const masks = masksOfVanished(plan, vanished);
    applyMasks(sum, masks, { ringBits });
    for (const { key } of masks) key.fill(0);
  }
}

/** Zeroes the plan's secrets. */
export function eraseUnmasking(plan: UnmaskingPlan): void {
  for (const seed of plan.selfMaskSeeds) seed.fill(0);
  for (const { maskSecret } of plan.vanished) maskSecret.fill(0);
}

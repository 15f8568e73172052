import { equalBytes } from '../bytes.js';
import { applyMasks } from '../mask.js';
import type { Mask } from '../mask.js';
import { combineShares, lagrangeAtZero } from '../shamir.js';
import { AgreementKey } from '../x25519.js';
import type { NeighbourGraph } from './graph.js';
import { pairwiseMask } from './pairwise.js';
import type { RosterView } from './roster.js';
import { refuse } from './refusal.js';
import type { SharersView, SurvivorsView, ValidShare } from './server-checks.js';
import { selfMaskCommitment } from './transcript.js';

/** What has to be taken out of the sum of U3's masked vectors. Secret until applied; to be erased after. */
export interface UnmaskingPlan {
  /** b of every survivor, 32 bytes each. */
  readonly selfMaskSeeds: Uint8Array[];
  /** The masks between survivors and their neighbours who shared and vanished, with the sign they are applied with. */
  readonly pairwise: Mask[];
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
  const plan: UnmaskingPlan = { selfMaskSeeds: [], pairwise: [] };
  try {
    for (const { merchant, maskKey } of entries) {
      const secret = decode(merchant);
      if (alive.has(merchant)) {
        plan.selfMaskSeeds.push(secret);
        const commitment = commitments.get(merchant);
        if (commitment === undefined || !equalBytes(commitment, selfMaskCommitment(transcript, merchant, secret))) {
          refuse('SECAGG_SELF_MASK_WRONG', `unmask: the self-mask of ${merchant} is not the one it committed to`);
        }
        continue;
      }
      const key = AgreementKey.fromSecret(secret);
      secret.fill(0);
      try {
        if (!equalBytes(key.publicKey, maskKey)) {
          refuse('SECAGG_MASK_KEY_WRONG', `unmask: the mask key of ${merchant} is not the one it advertised`);
        }
        for (const survivor of graph.neighbours(merchant)) {
          if (!alive.has(survivor.merchant)) continue;
          // What the vanished merchant would have added is what cancels the survivor's half.
          plan.pairwise.push(
            pairwiseMask({ key, peerKey: survivor.maskKey, transcript, own: merchant, peer: survivor.merchant }),
          );
        }
      } finally {
        key.erase();
      }
    }
    return plan;
  } catch (error) {
    eraseUnmasking(plan);
    throw error;
  }
}

/** Decodes an owner's secret from the first t of its valid shares, with one set of coefficients for each set of holders. */
function shareDecoder(view: RosterView, shares: readonly ValidShare[]): (owner: string) => Uint8Array {
  const needed = view.thresholds.share;
  const byOwner = new Map<string, Map<string, Uint8Array>>();
  for (const { owner, holder, share } of shares) {
    byOwner.set(owner, (byOwner.get(owner) ?? new Map<string, Uint8Array>()).set(holder, share));
  }
  const coefficients = new Map<string, Uint16Array>();
  return (owner) => {
    const held = byOwner.get(owner);
    const used: { point: number; share: Uint8Array }[] = [];
    for (const holder of view.entries) {
      const share = held?.get(holder.merchant);
      if (share !== undefined && used.length < needed) used.push({ point: holder.point, share });
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

/** The plan's masks with the signs that take them out of the sum; parts of it may be unmasked apart, in any order. */
export function masksOf(plan: UnmaskingPlan): readonly Mask[] {
  return [...plan.selfMaskSeeds.map((key): Mask => ({ key, sign: -1 })), ...plan.pairwise];
}

/**
 * Takes every mask of the plan out of the sum of U3's masked vectors, in place: Σ x mod 2^w is left.
 *
 * @param sum d words
 * @param ringBits w
 */
export function applyUnmasking(sum: Uint32Array, plan: UnmaskingPlan, ringBits: number): void {
  applyMasks(sum, masksOf(plan), { ringBits });
}

/** Zeroes the plan's secrets. */
export function eraseUnmasking(plan: UnmaskingPlan): void {
  for (const seed of plan.selfMaskSeeds) seed.fill(0);
  for (const { key } of plan.pairwise) key.fill(0);
}

import { equalBytes } from '../bytes.js';
import type { Mask } from '../mask.js';
import { combineShares, lagrangeAtZero } from '../shamir.js';
import type { WorkInTurns } from '../turns.js';
import { AgreementKey } from '../x25519.js';
import type { NeighbourGraph } from './graph.js';
import { pairwiseMask } from './pairwise.js';
import type { RosterEntry, RosterView } from './roster.js';
import { refuse } from './refusal.js';
import type { SharersView, SurvivorsView, ValidShare } from './server-checks.js';
import { selfMaskCommitment } from './transcript.js';
import type { Transcript } from './transcript.js';

/** Key agreements between two pauses. */
const AGREEMENTS_A_TURN = 64;

/** Someone who shared and vanished: its half of the masks with its neighbours among the survivors is to be taken out. */
export interface VanishedMerchant {
  readonly merchant: string;
  /** s, its X25519 mask key. */
  readonly maskKey: AgreementKey;
  readonly survivors: readonly RosterEntry[];
}

/** What has to be taken out of the sum of U3's masked vectors. Secret until applied; to be erased after. */
export interface UnmaskingPlan {
  readonly transcript: Transcript;
  /** b of every survivor, 32 bytes each. */
  readonly selfMaskSeeds: Uint8Array[];
  readonly vanished: VanishedMerchant[];
}

/** Revealed shares that opened their hashes: owner, then holder, to share. */
export class RevealedShares {
  readonly #byOwner = new Map<string, Map<string, Uint8Array>>();

  add({ owner, holder, share }: ValidShare): void {
    const held = this.#byOwner.get(owner);
    if (held === undefined) this.#byOwner.set(owner, new Map([[holder, share]]));
    else held.set(holder, share);
  }

  /** What its holders revealed of one owner's secret. */
  of(owner: string): ReadonlyMap<string, Uint8Array> | undefined {
    return this.#byOwner.get(owner);
  }
}

/**
 * Decodes the secrets that the survivor set asks for: each from t of its valid shares, checked against what its owner
 * published. Pauses after each secret.
 *
 * @param round.commitments SHA-256(label ‖ τ ‖ i ‖ b) by merchant, from R1
 * @throws GuildhallError SECAGG_SHARES_TOO_FEW, SECAGG_SELF_MASK_WRONG, SECAGG_MASK_KEY_WRONG
 */
export function* planUnmasking(round: {
  readonly view: RosterView;
  readonly graph: NeighbourGraph;
  readonly sharers: SharersView;
  readonly survivors: SurvivorsView;
  readonly commitments: ReadonlyMap<string, Uint8Array>;
  readonly shares: RevealedShares;
}): WorkInTurns<UnmaskingPlan> {
  const { view, graph, sharers, survivors, commitments } = round;
  const { transcript } = view;
  const decode = shareDecoder(view, round.shares);
  const plan: UnmaskingPlan = { transcript, selfMaskSeeds: [], vanished: [] };
  let isComplete = false;
  try {
    for (const { merchant, maskKey } of view.entries) {
      if (!sharers.names.has(merchant)) continue;
      const neighbours = graph.neighbours(merchant);
      const secret = decode(merchant, neighbours);
      if (survivors.names.has(merchant)) {
        plan.selfMaskSeeds.push(secret);
        const commitment = commitments.get(merchant);
        if (commitment === undefined || !equalBytes(commitment, selfMaskCommitment(transcript, merchant, secret))) {
          refuse('SECAGG_SELF_MASK_WRONG', `unmask: the self-mask of ${merchant} is not the one it committed to`);
        }
      } else {
        const key = AgreementKey.fromSecret(secret);
        secret.fill(0);
        const left = neighbours.filter((one) => survivors.names.has(one.merchant));
        plan.vanished.push({ merchant, maskKey: key, survivors: left });
        if (!equalBytes(key.publicKey, maskKey)) {
          refuse('SECAGG_MASK_KEY_WRONG', `unmask: the mask key of ${merchant} is not the one it advertised`);
        }
      }
      yield;
    }
    isComplete = true;
    return plan;
  } finally {
    if (!isComplete) eraseUnmasking(plan);
  }
}

/** Decodes an owner's secret from the first t of its valid shares, with one set of coefficients for each set of holders. */
function shareDecoder(
  view: RosterView,
  shares: RevealedShares,
): (owner: string, holders: readonly RosterEntry[]) => Uint8Array {
  const needed = view.thresholds.share;
  const coefficients = new Map<string, Uint16Array>();
  return (owner, holders) => {
    const held = shares.of(owner);
    const points: number[] = [];
    const used: Uint8Array[] = [];
    for (const { merchant, point } of holders) {
      const share = held?.get(merchant);
      if (share === undefined) continue;
      points.push(point);
      if (used.push(share) === needed) break;
    }
    if (used.length < needed) {
      refuse('SECAGG_SHARES_TOO_FEW', `unmask: ${used.length} valid shares of ${owner}; ${needed} are needed`, {
        owner,
      });
    }
    const name = points.join();
    const factors = coefficients.get(name) ?? lagrangeAtZero(points);
    coefficients.set(name, factors);
    return combineShares(used, factors);
  };
}

/** The masks of the survivors' seeds, with the sign that takes them out of the sum. The keys are the plan's own memory. */
export function selfMasksOf({ selfMaskSeeds }: UnmaskingPlan): readonly Mask[] {
  return selfMaskSeeds.map((key): Mask => ({ key, sign: -1 }));
}

/**
 * The masks between someone who vanished and its neighbours among the survivors: one key agreement for each, some 0.1 ms,
 * with a pause after every few. What the vanished merchant would have added is what cancels the survivors' halves. The
 * caller erases the keys.
 */
export function* masksOfVanished({ transcript }: UnmaskingPlan, vanished: VanishedMerchant): WorkInTurns<Mask[]> {
  const { merchant: own, maskKey: key, survivors } = vanished;
  const masks: Mask[] = [];
  for (const { merchant: peer, maskKey: peerKey } of survivors) {
    masks.push(pairwiseMask({ key, peerKey, transcript, own, peer }));
    if (masks.length % AGREEMENTS_A_TURN === 0) yield;
  }
  return masks;
}

/** Zeroes the plan's secrets. */
export function eraseUnmasking(plan: UnmaskingPlan): void {
  for (const seed of plan.selfMaskSeeds) seed.fill(0);
  for (const { maskKey } of plan.vanished) maskKey.erase();
}

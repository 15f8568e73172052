import { applyMasks, finish, masksOfVanished, selfMasksOf } from '../../../crypto/index.js';
import type { UnmaskingPlan } from '../../../crypto/index.js';

/**
 * Takes every mask of the plan out of the sum of U3's masked vectors, in place and in one go, as the coordinator does in
 * turns and on threads: Σ x mod 2^w is left.
 */
export function applyUnmasking(sum: Uint32Array, plan: UnmaskingPlan, ringBits: number): void {
  const agreed = plan.vanished.flatMap((vanished) => finish(masksOfVanished(plan, vanished)));
  applyMasks(sum, [...selfMasksOf(plan), ...agreed], { ringBits });
}

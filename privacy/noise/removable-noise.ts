/**
 * Noise whose excess can be taken out again once it is known who survived (XNoise: Jiang, Wang and Chen 2023, "Dordis:
 * Efficient Federated Learning with Dropout-Resilient Differential Privacy", section 3), with colluders counted in.
 *
 * Of n merchants in the roster c may pool what they know, and at least U_min survive. With N = n − c and D = n − U_min a
 * merchant draws components 0..D, independently, of the parts
 *
 *     component 0: 1/N          component j ≥ 1: 1/(N − j) − 1/(N − j + 1) = 1/((N − j)(N − j + 1))
 *
 * of the noise that the sum needs, where a part 1/p is Gaussian noise of variance σ²/p or Pólya noise with r = 1/p: both
 * laws are closed under sums with their parts adding up. Components 0..d add up to 1/(N − d).
 *
 * **After removal.** When d of the n are missing from the sum, each survivor reveals components j > d and 1/(N − d) of its
 * noise stays. Of the n − d survivors at most c collude, so at least n − d − c = N − d honest ones are left, and together
 * they hold (N − d)·1/(N − d) = the whole noise that was claimed. A survivor that reveals nothing leaves 1/(N − D), which is
 * more. d ≤ D, because no honest merchant unmasks for fewer than U_min.
 *
 * **What is revealed** is independent of components 0..d of the same merchant and of everybody else's: given it, the sum
 * with the excess taken out is as private as any sum with exactly that noise, and adding known values is post-processing.
 *
 * **A coordinator that lies about the survivors** gains nothing. Components are revealed with R4 only, under a view with a
 * quorum of T signatures, and two views cannot both have one; the number d is each merchant's own count over the view that
 * it checked and signed; and the shares that go out with it unmask the sum over that view and no other. So whoever learns
 * components j > d can only have the sum in which N − d honest merchants' other components are.
 *
 * **Before removal** a merchant's components add up to 1/(U_min − c), the share of the worst case: the no-wrap bound
 * that holds for that holds here. What is entered into a ledger is the same, since what is sure to remain is.
 */
import { GuildhallError } from '../../errors/index.js';
import { honestSurvivors, noiseFraction } from './noise-share.js';
import type { NoiseShare, ReleaseNoise, SurvivalTerms } from './noise-share.js';

/** A roster, and whom its noise must outlast. */
export interface RosterNoise extends SurvivalTerms {
  /** n: merchants in the roster, at least U_min. */
  readonly merchants: number;
}

/** N. @throws GuildhallError NOISE_TERMS_INVALID unless c + 1 ≤ U_min ≤ n, all integers */
function honestMerchants(roster: RosterNoise): number {
  const { merchants, minimumSurvivors, colluders } = roster;
  honestSurvivors(roster);
  if (!Number.isSafeInteger(merchants) || merchants < minimumSurvivors) {
    throw new GuildhallError('NOISE_TERMS_INVALID', `Of ${merchants} merchants ${minimumSurvivors} cannot survive.`, {
      details: { merchants, minimumSurvivors },
    });
  }
  return merchants - colluders;
}

/** How many components can be removed: D = n − U_min. */
export function removableComponents(roster: RosterNoise): number {
  honestMerchants(roster);
  return roster.merchants - roster.minimumSurvivors;
}

/** The most parts that the whole is cut into: p of the smallest component, the first. */
export function finestParts(roster: RosterNoise): number {
  const honest = honestMerchants(roster);
  return removableComponents(roster) === 0 ? honest : honest * (honest - 1);
}

/**
 * What one merchant draws: component 0, which is never revealed, then the D that may be.
 * @throws GuildhallError NOISE_TERMS_INVALID; NOISE_OUT_OF_RANGE where a component is narrower than 3 quanta, so that
 * the contract needs a larger scale
 */
export function removableShares(noise: ReleaseNoise, roster: RosterNoise): readonly [NoiseShare, ...NoiseShare[]] {
  const honest = honestMerchants(roster);
  const parts = Array.from({ length: removableComponents(roster) }, (_, i) => (honest - i - 1) * (honest - i));
  return [noiseFraction(noise, honest), ...parts.map((part) => noiseFraction(noise, part))];
}

/**
 * The noise left in a sum over the noise that was claimed, as variances (for counts: as Pólya parameters); at least 1
 * when no more than c of the survivors collude.
 * @param outcome.survivors |U3|, in U_min..n
 * @param outcome.removed whose components beyond d were taken out
 */
export function remainingNoise(
  roster: RosterNoise,
  outcome: { readonly survivors: number; readonly removed: number },
): number {
  const whole = honestSurvivors(roster);
  const { survivors, removed } = outcome;
  return removed / (survivors - roster.colluders) + (survivors - removed) / whole;
}

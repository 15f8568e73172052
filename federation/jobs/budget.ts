import { calibrateNoiseMultiplier, epsilonOf } from '../../privacy/index.js';
import type { MechanismEvent } from '../../privacy/index.js';

/** One job's place in a shared budget, before its noise is known. */
export interface BudgetRequest {
  readonly job: string;
  /** The job's part of ε relative to the others', > 0. */
  readonly share: number;
  readonly mechanism:
    { readonly kind: 'gaussian'; readonly samplingRate: number; readonly steps: number } | { readonly kind: 'laplace' };
}

/** What one job was given. */
export type BudgetGrant =
  | {
      readonly job: string;
      readonly kind: 'gaussian';
      /** As accounted; what is drawn is slightly more under sampling (privacy's drawnNoiseMultiplier). */
      readonly noiseMultiplier: number;
    }
  | { readonly job: string; readonly kind: 'laplace'; readonly epsilonNumerator: number };

/** Laplace ε are exact fractions with this denominator. */
export const EPSILON_DENOMINATOR = 1000;

/** Noise multipliers are written with this many decimals, rounded up: more noise than asked, never less. */
const MULTIPLIER_DECIMALS = 1e4;

/**
 * Divides one (ε, δ) over jobs so that all of them together, composed by RDP, spend it: every job is first calibrated
 * to its share of ε alone; composition is sublinear, so all shares are then raised by one common factor until the
 * composed ε meets the target from below.
 *
 * @param target ε > 0 and δ in (0, 1) over all jobs
 * @returns one grant a request, in order; the composed ε is at most `target.epsilon`
 */
export function divideBudget(
  requests: readonly BudgetRequest[],
  target: { readonly epsilon: number; readonly delta: number },
): BudgetGrant[] {
  const total = requests.reduce((sum, { share }) => sum + share, 0);
  const grants = (factor: number): BudgetGrant[] =>
    requests.map((request) => grant(request, (factor * target.epsilon * request.share) / total, target.delta));
  const spends = (factor: number): number => epsilonOf(eventsOf(requests, grants(factor)), target.delta);

  let low: number = BISECTION.low;
  let high: number = BISECTION.high;
  for (let i = 0; i < BISECTION.steps; i++) {
    const middle = (low + high) / 2;
    if (spends(middle) <= target.epsilon) low = middle;
    else high = middle;
  }
  return grants(low);
}

/** Basic composition makes factor 1 feasible up to δ; .5 leaves room for that; beyond 4 composition never reaches. */
const BISECTION = { low: 0.5, high: 4, steps: 16 } as const;

/** The accountant's events of granted jobs. */
export function eventsOf(requests: readonly BudgetRequest[], grants: readonly BudgetGrant[]): MechanismEvent[] {
  return requests.flatMap((request, i): MechanismEvent[] => {
    const given = grants[i];
    if (given?.kind === 'gaussian' && request.mechanism.kind === 'gaussian') {
      const { samplingRate, steps } = request.mechanism;
      return [{ kind: 'gaussian', noiseMultiplier: given.noiseMultiplier, samplingRate, steps }];
    }
    return given?.kind === 'laplace' ? [{ kind: 'pure', epsilon: given.epsilonNumerator / EPSILON_DENOMINATOR }] : [];
  });
}

function grant({ job, mechanism }: BudgetRequest, epsilon: number, delta: number): BudgetGrant {
  if (mechanism.kind === 'laplace') {
    return { job, kind: 'laplace', epsilonNumerator: Math.max(1, Math.floor(epsilon * EPSILON_DENOMINATOR)) };
  }
  const { samplingRate, steps } = mechanism;
  const exact = calibrateNoiseMultiplier({ epsilon, delta, samplingRate, steps });
  return { job, kind: 'gaussian', noiseMultiplier: Math.ceil(exact * MULTIPLIER_DECIMALS) / MULTIPLIER_DECIMALS };
}

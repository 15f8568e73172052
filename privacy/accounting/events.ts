/** What an accountant composes: mechanisms with their public parameters only, never anything computed from data. */

/** What all events have that may run on secret samples of shoppers. */
interface SampledReleases {
  /** q in [0, 1]: each shopper's chance to take part, by coins that nobody else sees; 1 without sampling. */
  readonly samplingRate: number;
  /** How often it was released: a non-negative integer. */
  readonly steps: number;
}

/** A Gaussian mechanism, repeated, each time on a fresh secret Poisson sample of shoppers. */
export interface GaussianEvent extends SampledReleases {
  readonly kind: 'gaussian';
  /** z > 0: standard deviation of the noise over the sensitivity (a standard deviation, not a variance). */
  readonly noiseMultiplier: number;
}

/**
 * Discrete Gaussian noise on integers. Unsampled, its Rényi divergences are bounded by those of the Gaussian of equal
 * deviation (Canonne, Kamath and Steinke 2020, Theorem 4); everywhere else it counts as the continuous Gaussian of
 * variance σ² − 9 of which it is a randomised rounding.
 */
export interface DiscreteGaussianEvent extends SampledReleases {
  readonly kind: 'discreteGaussian';
  /** σ > 0 in quanta; at 3 or below only the unsampled Rényi bound holds. */
  readonly deviation: number;
  /** Δ > 0 in quanta, L2. */
  readonly sensitivity: number;
}

/** Laplace noise on every coordinate. */
export interface LaplaceEvent extends SampledReleases {
  readonly kind: 'laplace';
  /** b > 0: scale of the noise over the L1 sensitivity; pure (1/b)-DP. */
  readonly noiseMultiplier: number;
}

/** Discrete Laplace noise P(z) ∝ e^(−ε|z|/K) on every integer coordinate. */
export interface DiscreteLaplaceEvent extends SampledReleases {
  readonly kind: 'discreteLaplace';
  /** ε > 0 of one unsampled release. */
  readonly epsilon: number;
  /** K: L1 sensitivity in quanta, a positive integer up to 2^20. */
  readonly sensitivity: number;
}

/** Skellam noise on every integer coordinate: a difference of two Poisson variables. */
export interface SkellamEvent extends SampledReleases {
  readonly kind: 'skellam';
  /** Variance > 0 of the noise in quanta²: the sum of the two Poisson means. */
  readonly variance: number;
  /** L1 sensitivity in quanta, at least `l2Sensitivity`. */
  readonly l1Sensitivity: number;
  /** L2 sensitivity > 0 in quanta. */
  readonly l2Sensitivity: number;
}

/** Any pure ε-DP mechanism of which no more is known, such as discrete Laplace noise on counts. */
export interface PureEvent {
  readonly kind: 'pure';
  /** ε ≥ 0. */
  readonly epsilon: number;
}

/** One entry of a privacy history, under add/remove of one shopper's whole history at one merchant. */
export type MechanismEvent =
  GaussianEvent | DiscreteGaussianEvent | LaplaceEvent | DiscreteLaplaceEvent | SkellamEvent | PureEvent;

/** r² in quanta²: how much of a discrete Gaussian's variance its randomised rounding takes (Peikert 2010). */
export const ROUNDING_VARIANCE = 9;

/** Largest L1 sensitivity whose losses are listed one by one. */
const LARGEST_L1 = 2 ** 20;

function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new RangeError(`${name} must be positive, got ${value}`);
}

function checkParameters(event: Exclude<MechanismEvent, PureEvent>): void {
  switch (event.kind) {
    case 'gaussian':
    case 'laplace':
      requirePositive('noiseMultiplier', event.noiseMultiplier);
      break;
    case 'discreteGaussian':
      requirePositive('deviation', event.deviation);
      requirePositive('sensitivity', event.sensitivity);
      break;
    case 'discreteLaplace':
      requirePositive('epsilon', event.epsilon);
      if (!Number.isInteger(event.sensitivity) || event.sensitivity < 1 || event.sensitivity > LARGEST_L1)
        throw new RangeError(`sensitivity must be an integer in [1, 2^20], got ${event.sensitivity}`);
      break;
    case 'skellam':
      requirePositive('variance', event.variance);
      requirePositive('l2Sensitivity', event.l2Sensitivity);
      if (!(event.l1Sensitivity >= event.l2Sensitivity))
        throw new RangeError(`l1Sensitivity must be at least l2Sensitivity, got ${event.l1Sensitivity}`);
      break;
  }
}

/**
 * Refuses events that no mechanism can have, NaN included.
 * @throws RangeError naming the parameter
 */
export function checkEvents(events: readonly MechanismEvent[]): void {
  for (const event of events) {
    if (event.kind === 'pure') {
      if (!(event.epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${event.epsilon}`);
      continue;
    }
    const { samplingRate, steps } = event;
    checkParameters(event);
    if (!(samplingRate >= 0 && samplingRate <= 1))
      throw new RangeError(`samplingRate must be in [0, 1], got ${samplingRate}`);
    if (!Number.isSafeInteger(steps) || steps < 0)
      throw new RangeError(`steps must be a non-negative integer, got ${steps}`);
  }
}

/** Whether an event leaks nothing at all. */
export function isNothing(event: MechanismEvent): boolean {
  return event.kind === 'pure' ? event.epsilon === 0 : event.steps === 0 || event.samplingRate === 0;
}

/** Equal mechanisms once, with how often they ran: a ledger holds thousands of rounds with a handful of parameters. */
export function mergeEqual<Event extends MechanismEvent>(
  events: readonly Event[],
): { readonly event: Event; readonly times: number }[] {
  const merged = new Map<string, { event: Event; times: number }>();
  for (const event of events) {
    const steps = event.kind === 'pure' ? 1 : event.steps;
    const key = JSON.stringify(Object.entries({ ...event, steps: 0 }).sort());
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { event, times: steps });
    else known.times += steps;
  }
  return [...merged.values()];
}

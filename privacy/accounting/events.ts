/** What an accountant composes: mechanisms with their public parameters only, never anything computed from data. */

/** A Gaussian mechanism, repeated, each time on a fresh secret Poisson sample of shoppers. */
export interface GaussianEvent {
  readonly kind: 'gaussian';
  /** z > 0: standard deviation of the noise over the sensitivity (a standard deviation, not a variance). */
  readonly noiseMultiplier: number;
  /** q in [0, 1]: each shopper's chance to take part, by coins that nobody else sees; 1 without sampling. */
  readonly samplingRate: number;
  /** How often it was released: a non-negative integer. */
  readonly steps: number;
}

/** Any pure ε-DP mechanism, such as discrete Laplace noise on counts. */
export interface PureEvent {
  readonly kind: 'pure';
  /** ε ≥ 0. */
  readonly epsilon: number;
}

/** One entry of a privacy history, under add/remove of one shopper's whole history at one merchant. */
export type MechanismEvent = GaussianEvent | PureEvent;

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
    const { noiseMultiplier, samplingRate, steps } = event;
    if (!(noiseMultiplier > 0)) throw new RangeError(`noiseMultiplier must be positive, got ${noiseMultiplier}`);
    if (!(samplingRate >= 0 && samplingRate <= 1))
      throw new RangeError(`samplingRate must be in [0, 1], got ${samplingRate}`);
    if (!Number.isSafeInteger(steps) || steps < 0)
      throw new RangeError(`steps must be a non-negative integer, got ${steps}`);
  }
}

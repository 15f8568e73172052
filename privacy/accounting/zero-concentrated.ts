/**
 * Zero-concentrated differential privacy (Bun and Steinke 2016): RDP at most ρα at every order. One number for many
 * Gaussian releases (ρ = 1/2z² each, and they add), read as (ε, δ) by the conversion of Canonne, Kamath and Steinke 2020,
 * Proposition 12, over all real orders.
 */

/** Relative width at which searches end. */
const TOLERANCE = 2 ** -50;

function requireRange(name: string, value: number, isInRange: boolean): void {
  if (!isInRange) throw new RangeError(`${name} is out of range, got ${value}`);
}

/** Bisects to where a predicate that is false below and true above turns; returns the true end. */
function turning(from: number, to: number, isAbove: (x: number) => boolean): number {
  let lower = from;
  let upper = to;
  while (upper - lower > TOLERANCE * Math.abs(upper)) {
    const middle = (lower + upper) / 2;
    if (middle <= lower || middle >= upper) break;
    if (isAbove(middle)) upper = middle;
    else lower = middle;
  }
  return upper;
}

/**
 * The least δ of a ρ-zCDP mechanism at ε that the conversion gives: min over α > 1 of
 * e^((α−1)(αρ−ε))·(1 − 1/α)^α/(α − 1). The exponent is convex; its derivative (2α−1)ρ − ε + ln(1 − 1/α) has one root.
 * @param rho ρ ≥ 0
 * @param epsilon ε ≥ 0
 * @returns in [0, 1]
 */
export function zcdpDelta(rho: number, epsilon: number): number {
  requireRange('rho', rho, rho >= 0);
  requireRange('epsilon', epsilon, epsilon >= 0);
  if (rho === 0) return 0;
  const isPast = (y: number): boolean => {
    const order = 1 + Math.exp(y);
    return (2 * order - 1) * rho - epsilon + y - Math.log1p(Math.exp(y)) >= 0;
  };
  const excess = Math.exp(turning(-700, Math.log((epsilon + 1) / rho + 2) + 1, isPast));
  const order = 1 + excess;
  const exponent =
    excess * (order * rho - epsilon) + order * (Math.log(excess) - Math.log1p(excess)) - Math.log(excess);
  return Math.min(1, Math.exp(exponent));
}

/**
 * The least ε at which a ρ-zCDP mechanism is (ε, δ)-DP by {@link zcdpDelta}.
 * @param rho ρ ≥ 0
 * @param delta δ in (0, 1)
 */
export function zcdpEpsilon(rho: number, delta: number): number {
  requireRange('delta', delta, delta > 0 && delta < 1);
  if (zcdpDelta(rho, 0) <= delta) return 0;
  const enough = rho + 2 * Math.sqrt(rho * -Math.log(delta));
  return turning(0, enough, (epsilon) => zcdpDelta(rho, epsilon) <= delta);
}

/**
 * The greatest ρ that is (ε, δ)-DP by {@link zcdpDelta}: what a target leaves to spend.
 * @param epsilon ε ≥ 0
 * @param delta δ in (0, 1)
 */
export function zcdpRho(epsilon: number, delta: number): number {
  requireRange('epsilon', epsilon, epsilon >= 0);
  requireRange('delta', delta, delta > 0 && delta < 1);
  let upper = epsilon + 1;
  while (zcdpDelta(upper, epsilon) <= delta) upper *= 2;
  const above = turning(0, upper, (rho) => zcdpDelta(rho, epsilon) > delta);
  return above * (1 - 2 * TOLERANCE);
}

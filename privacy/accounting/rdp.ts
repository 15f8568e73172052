/**
 * The Rényi accountant (Mironov 2017): curves of events, their sum over a heterogeneous history, and the conversion to ε.
 *
 * This is the accountant that enforces budgets. With orders fixed in advance, 'ε of the history with the next step ≤
 * budget' holds exactly if the summed RDP at some order is within that order's share of the budget, which is a valid
 * filter when later rounds are chosen after seeing earlier results (Feldman and Zrnic 2021; Lécuyer 2021).
 */
import { checkEvents } from './events.js';
import type { MechanismEvent } from './events.js';
import { logExpm1, softplus } from './specialFunctions.js';
import { subsampledGaussianRdp } from './subsampledGaussian.js';

/**
 * Orders nearer to 1 are answered by this one, which is never smaller (RDP grows with the order). Closer to 1,
 * ln A/(α − 1) is rounding noise over nothing: at 1 + 1e-8 some accountants end with RDP = 0 and report ε = 0.
 */
export const SMALLEST_ORDER = 1.01;

/** RDP at a list of orders, position by position. */
export interface RdpCurve {
  readonly orders: readonly number[];
  readonly values: readonly number[];
}

/** Tenths up to 10.9, integers to 63, then sparse up to 1024 for tiny ε, and ∞, where pure ε-DP composes exactly. */
export const DEFAULT_ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (11 + i) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[64, 72, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 768, 1024],
  Infinity,
];

/**
 * RDP of binary randomised response with odds e^ε. Every ε-DP mechanism is a post-processing of it for each pair of
 * neighbours (Kairouz, Oh and Viswanath 2015, Theorem 2.1), so this is the least curve that holds for all of them; it
 * lies below the αε²/2 of Bun and Steinke 2016, Proposition 3.3.
 *
 * With p = 1/(1 + e^−ε) it is ln A/(α − 1), A = p^α(1−p)^(1−α) + (1−p)^α p^(1−α), computed from
 * A − 1 = p·(e^((α−1)ε) − 1)(1 − e^(−αε)), a product of positive factors that keeps its digits for small ε.
 */
function pureRdp(epsilon: number, order: number): number {
  if (order === Infinity || epsilon === 0) return epsilon;
  const logExcess = -softplus(-epsilon) + logExpm1((order - 1) * epsilon) + Math.log(-Math.expm1(-order * epsilon));
  return Math.min(epsilon, softplus(logExcess) / (order - 1));
}

/**
 * RDP of a history: the sum of its events' curves.
 * @param events any mix of mechanisms, in any order
 * @param orders α > 1 each; ∞ allowed; orders in (1, 1.01) are answered by order 1.01
 * @throws RangeError for impossible events or orders
 */
export function rdpCurve(events: readonly MechanismEvent[], orders: readonly number[] = DEFAULT_ORDERS): RdpCurve {
  checkEvents(events);
  const merged = mergeEqual(events);
  const values = orders.map((order) => {
    if (!(order > 1)) throw new RangeError(`an RDP order must exceed 1, got ${order}`);
    const usable = Math.max(order, SMALLEST_ORDER);
    let total = 0;
    for (const { event, times } of merged) {
      if (times === 0) continue;
      total +=
        times *
        (event.kind === 'pure'
          ? pureRdp(event.epsilon, usable)
          : subsampledGaussianRdp(event.samplingRate, event.noiseMultiplier, usable));
    }
    return total;
  });
  return { orders, values };
}

/** Equal mechanisms once, with how often they ran: a ledger holds thousands of rounds with a handful of parameters. */
function mergeEqual(events: readonly MechanismEvent[]): { readonly event: MechanismEvent; readonly times: number }[] {
  const merged = new Map<string, { event: MechanismEvent; times: number }>();
  for (const event of events) {
    const key =
      event.kind === 'pure' ? `pure ${event.epsilon}` : `gaussian ${event.noiseMultiplier} ${event.samplingRate}`;
    const steps = event.kind === 'pure' ? 1 : event.steps;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { event, times: steps });
    else known.times += steps;
  }
  return [...merged.values()];
}

/**
 * ε at δ from an RDP curve: the least over orders of RDP + ln((α−1)/α) − (ln δ + ln α)/(α−1) (Canonne, Kamath and
 * Steinke 2020, Proposition 12; at ∞ it is the RDP itself).
 * @param delta in [0, 1); 0 leaves only order ∞
 * @returns ε ≥ 0, ∞ where no order gives a finite one
 */
export function epsilonFromRdp(curve: RdpCurve, delta: number): { readonly epsilon: number; readonly order: number } {
  if (!(delta >= 0 && delta < 1)) throw new RangeError(`delta must be in [0, 1), got ${delta}`);
  let best = { epsilon: Infinity, order: Infinity };
  for (const [i, order] of curve.orders.entries()) {
    const rdp = curve.values[i] ?? Infinity;
    const epsilon =
      order === Infinity ? rdp : rdp + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return { epsilon: Math.max(0, best.epsilon), order: best.order };
}

/**
 * The bound on δ at ε from an RDP curve: the same conversion, solved for δ.
 * @param epsilon at least 0
 */
export function deltaFromRdp(curve: RdpCurve, epsilon: number): number {
  if (!(epsilon >= 0)) throw new RangeError(`epsilon must be at least 0, got ${epsilon}`);
  let logDelta = 0;
  for (const [i, order] of curve.orders.entries()) {
    const rdp = curve.values[i] ?? Infinity;
    if (order === Infinity) {
      if (rdp <= epsilon) return 0;
      continue;
    }
    logDelta = Math.min(logDelta, (order - 1) * (rdp - epsilon + Math.log1p(-1 / order)) - Math.log(order));
  }
  return Math.exp(logDelta);
}

/**
 * The ε that a history has spent at δ, by the accountant that enforces budgets.
 * @param delta in [0, 1); one δ for the whole history, over all jobs
 * @returns 0 for an empty history
 */
export function epsilonOf(events: readonly MechanismEvent[], delta: number): number {
  checkEvents(events);
  const spent = events.filter((event) => !isNothing(event));
  const curve = rdpCurve(spent);
  return spent.length === 0 ? 0 : epsilonFromRdp(curve, delta).epsilon;
}

function isNothing(event: MechanismEvent): boolean {
  return event.kind === 'pure' ? event.epsilon === 0 : event.steps === 0 || event.samplingRate === 0;
}

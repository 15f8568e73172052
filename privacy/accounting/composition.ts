/**
 * T-fold composition of privacy losses in one direction, as the distribution of their sum, by the fast Fourier transform.
 *
 * The sum is computed under an exponential tilt e^(θl), normalised: the losses that decide δ(ε) lie where the tilted
 * distribution has its mass, so the transform's errors, absolute under the tilt, are relative to δ itself however small δ
 * is. The window that the transform covers, and what may alias into it from outside, follow from Chernoff bounds on the
 * tilted sum. Every error has a term in {@link LossSum.slack}; nothing is left to luck.
 */
import { multiplyPower, RealFourier } from './fft.js';

/** Mass at the losses (first + i)·h, released `times` times; the sum of masses may fall short of 1. */
export interface LossFactor {
  readonly first: number;
  readonly masses: Float64Array;
  readonly times: number;
}

/** A composed loss under a tilt: mass at loss (first + i)·h is masses[i]·e^(logScale − θ·loss). */
export interface LossSum {
  readonly interval: number;
  readonly first: number;
  readonly masses: Float64Array;
  /** θ ≥ 0. */
  readonly tilt: number;
  readonly logScale: number;
  /** Tilted mass that may be missing, misplaced or wrong: δ(ε) is off by at most slack·e^(logScale − θε). */
  readonly slack: number;
  /** Relative error of all masses. */
  readonly relativeError: number;
}

/** What the sum is wanted for: it decides the tilt. */
export type LossTarget =
  { readonly kind: 'delta'; readonly delta: number } | { readonly kind: 'epsilon'; readonly epsilon: number };

/** ln of the tilted mass left outside the window on each side: about 1e-11 of δ, far below what ε shows. */
const LOG_OUTSIDE = -28;
/** Tilted mass cut off on each side of a factor. */
const TRIMMED = 2 ** -80;
/** Error of one release's masses: quadrature and rounding. */
const RELEASE_ERROR = 2 ** -40;
/**
 * Windows beyond so many cells are refused; the caller takes a coarser grid. Only histories with ε in the hundreds need
 * more: a coarser one costs them less than 1e-4 of ε, and a quarter of the time.
 */
const LARGEST_WINDOW = 2 ** 20;
/** Tilts tried, beside 0. */
const TILTS = Array.from({ length: 37 }, (_, i) => 2 ** (-4 + i / 2));
/** Cells kept of a factor while a tilt is chosen, which needs no exactness. */
const COARSE_CELLS = 2048;

/** A factor in few cells, for moments at any tilt. */
interface Moments {
  readonly times: number;
  readonly losses: readonly number[];
  readonly logMasses: readonly number[];
}

function coarseMoments({ first, masses, times }: LossFactor, interval: number): Moments {
  const group = Math.max(1, Math.ceil(masses.length / COARSE_CELLS));
  const losses: number[] = [];
  const logMasses: number[] = [];
  for (let start = 0; start < masses.length; start += group) {
    let mass = 0;
    let weighted = 0;
    for (let i = start; i < Math.min(masses.length, start + group); i++) {
      const value = masses[i] ?? 0;
      mass += value;
      weighted += value * (i - start);
    }
    if (mass <= 0) continue;
    losses.push((first + start + weighted / mass) * interval);
    logMasses.push(Math.log(mass));
  }
  return { times, losses, logMasses };
}

/** ln Σ mass·e^(θ·loss). */
function logMoment({ losses, logMasses }: Moments, tilt: number): number {
  let largest = -Infinity;
  for (let i = 0; i < losses.length; i++) largest = Math.max(largest, (logMasses[i] ?? 0) + tilt * (losses[i] ?? 0));
  let sum = 0;
  for (let i = 0; i < losses.length; i++) sum += Math.exp((logMasses[i] ?? 0) + tilt * (losses[i] ?? 0) - largest);
  return largest + Math.log(sum);
}

/** ln of the moment of the whole sum. */
function logTotal(moments: readonly Moments[], tilt: number): number {
  return moments.reduce((sum, moment) => sum + moment.times * logMoment(moment, tilt), 0);
}

/**
 * Somewhat less than the tilt whose Chernoff bound is best for the target: under that one itself rare large losses weigh
 * most, and the window grows.
 */
function chooseTilt(moments: readonly Moments[], interval: number, target: LossTarget): number {
  // Moments at a tilt above 0 are never below 1.
  if (target.kind === 'epsilon' && target.epsilon === 0) return 0;
  let best = 0;
  let least = target.kind === 'epsilon' ? logTotal(moments, 0) : Infinity;
  for (const tilt of TILTS) {
    // Under a steeper tilt the slack at one grid point would drown the next one below.
    if (best > 0 && tilt * interval > 1) break;
    const total = logTotal(moments, tilt);
    const bound = target.kind === 'epsilon' ? total - tilt * target.epsilon : (total - Math.log(target.delta)) / tilt;
    if (bound < least) {
      least = bound;
      best = tilt;
    }
  }
  return best / Math.SQRT2;
}

/** A factor after tilting, normalised to mass 1. */
interface TiltedFactor {
  readonly first: number;
  readonly masses: Float64Array;
  readonly times: number;
  readonly logMoment: number;
  readonly mean: number;
  readonly variance: number;
  readonly norm: number;
}

function tiltFactor({ first, masses, times }: LossFactor, interval: number, tilt: number): TiltedFactor {
  const exponents = new Float64Array(masses.length);
  let largest = -Infinity;
  for (let i = 0; i < masses.length; i++) {
    const exponent = Math.log(masses[i] ?? 0) + tilt * (first + i) * interval;
    exponents[i] = exponent;
    if (exponent > largest) largest = exponent;
  }
  let total = 0;
  const tilted = exponents;
  for (let i = 0; i < tilted.length; i++) {
    const value = Math.exp((exponents[i] ?? 0) - largest);
    tilted[i] = value;
    total += value;
  }
  let start = 0;
  let end = tilted.length;
  for (let cut = 0; start < end; start++) if ((cut += tilted[start] ?? 0) > TRIMMED * total) break;
  for (let cut = 0; end > start; end--) if ((cut += tilted[end - 1] ?? 0) > TRIMMED * total) break;
  let mean = 0;
  let norm = 0;
  for (let i = start; i < end; i++) {
    const value = (tilted[i] ?? 0) / total;
    tilted[i] = value;
    mean += value * (first + i) * interval;
    norm += value * value;
  }
  let variance = 0;
  for (let i = start; i < end; i++) variance += (tilted[i] ?? 0) * ((first + i) * interval - mean) ** 2;
  return {
    first: first + start,
    masses: tilted.subarray(start, end),
    times,
    logMoment: largest + Math.log(total),
    mean,
    variance,
    norm: Math.sqrt(norm),
  };
}

/** ln Σ mass·e^(s·loss) of a tilted factor by Horner's rule; ∞ where that overflows, which claims nothing. */
function tiltedMoment({ first, masses }: TiltedFactor, interval: number, s: number): number {
  const ratio = Math.exp(Math.abs(s) * interval);
  let sum = 0;
  if (s > 0) {
    for (let i = masses.length - 1; i >= 0; i--) sum = sum * ratio + (masses[i] ?? 0);
    return Math.log(sum) + s * first * interval;
  }
  for (let i = 0; i < masses.length; i++) sum = sum * ratio + (masses[i] ?? 0);
  return Math.log(sum) + s * (first + masses.length - 1) * interval;
}

/** The least value of a function of s > 0 with one valley in ln s, nearly: any s gives a valid Chernoff bound. */
function leastOver(centre: number, bound: (s: number) => number): number {
  let from = Math.log(centre) - 5;
  let to = Math.log(centre) + 2;
  let least = Infinity;
  const evaluate = (x: number): number => {
    const value = bound(Math.exp(x));
    if (value < least) least = value;
    return value;
  };
  for (let i = 0; i < 8; i++) {
    const left = from + (to - from) * 0.382;
    const right = to - (to - from) * 0.382;
    if (evaluate(left) < evaluate(right)) to = right;
    else from = left;
  }
  return least;
}

/** Ends of the interval that holds the tilted sum but for e^LOG_OUTSIDE on each side. */
function chernoffWindow(factors: readonly TiltedFactor[], interval: number): { from: number; to: number } {
  const add = (value: (factor: TiltedFactor) => number): number =>
    factors.reduce((sum, factor) => sum + factor.times * value(factor), 0);
  const from = add(({ first }) => first * interval);
  const to = add(({ first, masses }) => (first + masses.length - 1) * interval);
  const centre = Math.sqrt((-2 * LOG_OUTSIDE) / add(({ variance }) => variance));
  if (!Number.isFinite(centre)) return { from, to };
  const reach = (s: number): number => (add((factor) => tiltedMoment(factor, interval, s)) - LOG_OUTSIDE) / Math.abs(s);
  return {
    from: Math.max(from, -leastOver(centre, (s) => reach(-s))),
    to: Math.min(
      to,
      leastOver(centre, (s) => reach(s)),
    ),
  };
}

/** Tilted masses by position modulo n. */
function wrapped({ first, masses }: TiltedFactor, n: number): Float64Array {
  const circle = new Float64Array(n);
  const offset = ((first % n) + n) % n;
  for (let i = 0; i < masses.length; i++) {
    const position = (offset + i) % n;
    circle[position] = (circle[position] ?? 0) + (masses[i] ?? 0);
  }
  return circle;
}

/**
 * The sum of all factors' losses.
 * @param interval h
 * @returns undefined if the grid is too fine for the sum
 */
export function composeLosses(
  factors: readonly LossFactor[],
  interval: number,
  target: LossTarget,
): LossSum | undefined {
  const single = factors[0];
  if (factors.length === 1 && single?.times === 1)
    return { ...single, interval, tilt: 0, logScale: 0, slack: 0, relativeError: RELEASE_ERROR };
  const tilt = chooseTilt(
    factors.map((factor) => coarseMoments(factor, interval)),
    interval,
    target,
  );
  const tilted = factors.map((factor) => tiltFactor(factor, interval, tilt));
  const { from, to } = chernoffWindow(tilted, interval);
  const first = Math.floor(from / interval) - 1;
  const cells = Math.ceil(to / interval) + 2 - first;
  if (!(cells <= LARGEST_WINDOW)) return undefined;
  const n = 2 ** Math.max(3, Math.ceil(Math.log2(cells)));
  const fourier = new RealFourier(n);
  const product = { re: new Float64Array(n / 2 + 1).fill(1), im: new Float64Array(n / 2 + 1) };
  for (const factor of tilted) multiplyPower(product, fourier.forward(wrapped(factor, n)), factor.times);
  const circle = fourier.inverse(product);
  const offset = ((first % n) + n) % n;
  const masses = new Float64Array(n);
  for (let i = 0; i < n; i++) masses[i] = Math.max(0, circle[(offset + i) % n] ?? 0);
  const steps = tilted.reduce((sum, { times }) => sum + times, 0);
  return {
    interval,
    first,
    masses,
    tilt,
    logScale: tilted.reduce((sum, factor) => sum + factor.times * factor.logMoment, 0),
    slack: 2 * (Math.exp(LOG_OUTSIDE) + steps * TRIMMED) + transformError(tilted, n) * weightNorm(tilt * interval, n),
    relativeError: steps * RELEASE_ERROR,
  };
}

/**
 * Bound on the 2-norm of the error of the circle: the transform of a factor errs by ε·log₂n in relative 2-norm (Higham,
 * Accuracy and Stability of Numerical Algorithms, Theorem 24.2), a T-th power multiplies an error by at most T where no
 * coefficient exceeds 1, and so do the roundings of the power itself.
 */
function transformError(factors: readonly TiltedFactor[], n: number): number {
  const unit = 2 * Number.EPSILON * (Math.log2(n) + 2);
  return factors.reduce((sum, { times, norm }) => sum + unit * times * norm, 0);
}

/** 2-norm of the weights e^(−θ(l − ε)) of losses above ε, by Cauchy–Schwarz the factor from a 2-norm to an error in δ. */
function weightNorm(tiltPerCell: number, n: number): number {
  return Math.min(Math.sqrt(n), 1 / Math.sqrt(-Math.expm1(-2 * tiltPerCell)));
}

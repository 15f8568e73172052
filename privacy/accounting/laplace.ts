/**
 * Laplace noise, continuous and discrete: the law of the privacy loss, and Rényi divergences with and without Poisson
 * sampling.
 *
 * The worst shopper of sensitivity K in L1 moves one coordinate by K. For discrete noise: moving two by a + b = K instead
 * gives losses γ(K − 2N) with N = N_a + N_b in 0..K, where N_k = min(max(Z, 0), k). Both laws have the same mean of e^loss
 * under Q and the same atoms; at 0 < N < K the divided shift has the greater mass (each inner value is reached with N_a at
 * either end, a factor 2/(1 + α) ≥ 1), so the single shift has more at both ends and is the greater in convex order
 * (Karlin and Novikoff's cut criterion): it dominates. Induction covers more coordinates, and continuous noise is a limit.
 */
import type { DiscreteLaplaceEvent, LaplaceEvent } from './events.js';
import { sampledLoss } from './sampled-loss.js';
import { logSumExp } from './special-functions.js';

/** One value of the loss: its mass with the shopper's data, without, and ln of their ratio. */
export interface LossAtom {
  readonly p: number;
  readonly q: number;
  readonly loss: number;
}

/**
 * The loss of discrete Laplace noise P(z) ∝ e^(−ε|z|/K) against its shift by K: K + 1 values from −ε to ε.
 * @param epsilon ε > 0 at sensitivity K
 * @param sensitivity K, a positive integer
 */
export function laplaceAtoms(epsilon: number, sensitivity: number): LossAtom[] {
  const decay = epsilon / sensitivity;
  const outer = 1 / (1 + Math.exp(-decay));
  const inner = -Math.expm1(-decay) * outer;
  return Array.from({ length: sensitivity + 1 }, (_, n) => {
    const weight = n === 0 || n === sensitivity ? outer : inner;
    return {
      p: weight * Math.exp(-decay * n),
      q: weight * Math.exp(-decay * (sensitivity - n)),
      loss: n === sensitivity ? -epsilon : epsilon - 2 * decay * n,
    };
  });
}

/** Five-point Gauss–Legendre on [−1, 1]: with an exponent that changes by at most 1 across a panel it errs below 1e-12. */
const NODES = [
  [-0.906179845938664, 0.23692688505618908],
  [-0.5384693101056831, 0.47862867049936647],
  [0, 0.5688888888888889],
  [0.5384693101056831, 0.47862867049936647],
  [0.906179845938664, 0.23692688505618908],
] as const;

/** Panels beyond which sampling is given no credit instead of integrating longer. */
const LARGEST_PANELS = 1 << 14;
/** Losses beyond which masses under Q leave the doubles: there only the greatest loss counts, at every order. */
const LARGEST_LOSS = 300;
/** Allowance for quadrature and rounding in a log moment. */
const ROUNDING = 2 ** -40;

/** The larger of both directions' log moments, ln E_Q[w^α] and ln E_Q[w^(1−α)] with w = 1 − q + q·p/q. */
function sampledLogMoment(atoms: readonly LossAtom[], samplingRate: number, order: number): number {
  const terms = atoms.map(({ q, loss }) => [Math.log(q), sampledLoss(samplingRate, loss)] as const);
  return Math.max(
    logSumExp(terms.map(([mass, loss]) => mass + order * loss)),
    logSumExp(terms.map(([mass, loss]) => mass + (1 - order) * loss)),
  );
}

/**
 * RDP of one release of Laplace noise under add/remove: Mironov 2017, Table II, without sampling; with it the moment of
 * the sampled loss, by quadrature.
 * @param event b > 0 and q in [0, 1]
 * @param order α > 1; ∞ allowed
 */
export function laplaceRdp(
  { noiseMultiplier, samplingRate }: Omit<LaplaceEvent, 'kind' | 'steps'>,
  order: number,
): number {
  if (samplingRate === 0) return 0;
  const rate = 1 / noiseMultiplier;
  if (order === Infinity || rate > LARGEST_LOSS) return sampledLoss(samplingRate, rate);
  const logMoment = logSumExp([
    Math.log(order / (2 * order - 1)) + (order - 1) * rate,
    Math.log((order - 1) / (2 * order - 1)) - order * rate,
  ]);
  const unsampled = Math.min(rate, (Math.max(0, logMoment) + ROUNDING) / (order - 1));
  const panels = Math.max(8, Math.ceil(2 * (order + 1) * rate));
  if (samplingRate === 1 || panels > LARGEST_PANELS) return unsampled;
  const atoms: LossAtom[] = [
    { p: 0.5, q: Math.exp(-rate) / 2, loss: rate },
    { p: Math.exp(-rate) / 2, q: 0.5, loss: -rate },
  ];
  for (let panel = 0; panel < panels; panel++) {
    for (const [node, weight] of NODES) {
      const x = (2 * panel + 1 + node) / (2 * panels);
      const mass = (rate * weight) / (4 * panels);
      atoms.push({ p: mass * Math.exp(-rate * (1 - x)), q: mass * Math.exp(-rate * x), loss: (2 * x - 1) * rate });
    }
  }
  return Math.min(unsampled, (Math.max(0, sampledLogMoment(atoms, samplingRate, order)) + ROUNDING) / (order - 1));
}

/**
 * RDP of one release of discrete Laplace noise under add/remove, from the K + 1 values of its loss.
 * @param event ε > 0, K and q in [0, 1]
 * @param order α > 1; ∞ allowed
 */
export function discreteLaplaceRdp(
  { epsilon, sensitivity, samplingRate }: Omit<DiscreteLaplaceEvent, 'kind' | 'steps'>,
  order: number,
): number {
  if (samplingRate === 0) return 0;
  const limit = sampledLoss(samplingRate, epsilon);
  if (order === Infinity || epsilon > LARGEST_LOSS) return limit;
  const logMoment = sampledLogMoment(laplaceAtoms(epsilon, sensitivity), samplingRate, order);
  return Math.min(limit, (Math.max(0, logMoment) + 2 ** -49) / (order - 1));
}

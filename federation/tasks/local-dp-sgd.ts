import { GuildhallError } from '../../errors/index.js';
import { poissonSample } from '../../privacy/index.js';
import type { ClipOutcome, RandomSource } from '../../privacy/index.js';
import type { LocalDpSgd as LocalDpSgdTerms } from '../../proto/index.js';
import { DenseAccumulator } from '../accumulator.js';
import type { LocalTerms, RoundTerms } from '../contract/terms.js';
import { localNoise, releaseLocally } from '../noise/local.js';
import { initialState, optimiserNamed, optimiserStep, servedParameters } from '../optimisers/index.js';
import type { Contribution } from './task.js';

/** What a merchant trains locally. */
export interface LocalTraining {
  readonly terms: RoundTerms;
  /** How to walk, as the task's terms say. */
  readonly local: LocalDpSgdTerms | undefined;
  /** d parameters, as the round's model has them. */
  readonly start: Float32Array;
  /** Contributors of the merchant: a private number, which bounds nothing and divides nothing. */
  readonly shoppers: number;
  /**
   * Sampled shoppers' gradients of the loss, dense or clipped in one pass; what is dense is clipped here.
   * @param sampled positions of contributors, ascending; may be empty
   * @param clipNorm C
   */
  gradients(
    parameters: Float32Array,
    sampled: Uint32Array,
    clipNorm: number,
  ): Iterable<Contribution> | AsyncIterable<Contribution>;
  /** The merchant's secret coins. */
  readonly random: RandomSource;
  /** Called after every local step with the share that is done; what it throws ends the training. */
  readonly onStep?: ((done: number) => void) | undefined;
}

/**
 * One merchant's local steps of DP-SGD (Abadi et al. 2016): in each a fresh Poisson sample of its shoppers, the sum of
 * their clipped gradients at the parameters so far, rounded to the grid, the whole noise, and a step of an optimiser that
 * sees nothing but what this released. The movement from start to end is a function of those releases.
 *
 * Every step has the noise and the accounting of one release, whoever else takes part: the movement is private at shopper
 * level before it is masked. For the same ε that is √(U_min − c) times the noise of a shared sum.
 * @throws GuildhallError CONTRACT_MALFORMED for terms that are incomplete; NOISE_* as localNoise
 */
export async function localDpSgd(training: LocalTraining): Promise<Contribution> {
  const { terms, start, shoppers, random } = training;
  const mechanism = localTerms(terms);
  const { clipNorm, samplingRate, localSteps } = mechanism;
  const { optimiser, expectedShoppers } = requireLocal(training.local);
  const noise = localNoise(mechanism, start.length);
  const rule = optimiserNamed(optimiser.name);
  const outcomes: Record<ClipOutcome, number> = { kept: 0, clipped: 0, rejected: 0 };
  let state = initialState(start);
  for (let step = 0; step < localSteps; step++) {
    const clipped = new DenseAccumulator(start.length, clipNorm);
    const sampled = poissonSample(shoppers, samplingRate, random);
    for await (const gradient of training.gradients(state.iterate, sampled, clipNorm)) clipped.add(gradient);
    const update = releaseLocally(clipped.sum(), noise, random).map((value) => -value / expectedShoppers);
    state = optimiserStep(rule, state, update, optimiser, localSteps);
    const counted = clipped.outcomes();
    for (const outcome of OUTCOMES) outcomes[outcome] += counted[outcome];
    training.onStep?.((step + 1) / localSteps);
  }
  const end = servedParameters(state);
  return { form: 'private', values: Float64Array.from(start, (value, i) => (end[i] ?? 0) - value), outcomes };
}

const OUTCOMES: readonly ClipOutcome[] = ['kept', 'clipped', 'rejected'];

/** @throws GuildhallError CONTRACT_MALFORMED where the contract's noise is not local */
function localTerms({ mechanism }: RoundTerms): LocalTerms {
  if (mechanism.kind === 'local') return mechanism;
  throw new GuildhallError(
    'CONTRACT_MALFORMED',
    `Local training needs local noise, the contract has ${mechanism.kind}.`,
  );
}

function requireLocal(terms: LocalDpSgdTerms | undefined) {
  const { optimiser, expectedShoppers = NaN } = terms ?? {};
  if (optimiser === undefined || !(expectedShoppers > 0 && Number.isFinite(expectedShoppers)))
    throw new GuildhallError('CONTRACT_MALFORMED', 'The contract does not say how a merchant trains locally.');
  return { optimiser, expectedShoppers };
}

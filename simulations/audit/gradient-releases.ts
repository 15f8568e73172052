import type { JobPlanOptions, ModelKind, NoiseStrategyName, RoundTerms } from '../../federation/index.js';
import { expectKind } from '../../federation/index.js';
import { quantileSplit, withClipBit } from '../../privacy/index.js';
import type { Engine, StrictList } from '../../recommender/index.js';
import { clippedGradients } from './gradient-canaries.js';
import type { Rows } from './gradient-canaries.js';
import type { GradientTask } from './report.js';
import { honestMerchants, ROSTER } from './round.js';

/** What the attacker works the canaries' contributions to one round out from. */
export interface KnownRound {
  readonly engine: Engine;
  /** One list a canary. */
  readonly lists: readonly StrictList[];
  readonly terms: RoundTerms;
  /** That the round starts from. */
  readonly model: ModelKind;
}

/** How one kind of fine-tuning is planned, and what the attacker reads of its rounds. */
export interface GradientRelease {
  readonly plan: Pick<JobPlanOptions, 'clipping' | 'noiseStrategy' | 'expectedShoppers' | 'periods'>;
  readonly strategy: NoiseStrategyName | 'local';
  /** Merchants whose vectors nobody can subtract from a sum. */
  readonly merchants: number;
  /** What every canary adds to a noisy sum that it is in, held to the contract's bound. */
  contributions(round: KnownRound): Rows;
  /** A round's noisy sums, all of them together, in units of a contribution. */
  noisySums(decoded: Float64Array, terms: RoundTerms): Float64Array;
}

/**
 * Jobs of merchant-local training that follow each other under one budget. A round shows as many directions as the model
 * has weights; in those of one job's few rounds canaries would hide each other.
 */
const PERIODS = 4;

/**
 * The attacks: on clipped gradients under shared noise; on vectors that hold a clip bit as well; and on one merchant's
 * movement along its own noisy steps, which needs nobody else's noise, so that all other merchants' movements are taken
 * for known.
 * @param options.strategy of noise that is shared
 * @param options.canaries shoppers that the job is planned for, at one merchant where noise is local
 */
export function gradientRelease(
  task: GradientTask,
  { strategy, canaries }: { readonly strategy: NoiseStrategyName; readonly canaries: number },
): GradientRelease {
  const shared: GradientRelease = {
    plan: { expectedShoppers: canaries },
    strategy,
    merchants: honestMerchants(strategy),
    contributions: ({ engine, model, lists, terms }) =>
      clippedGradients(engine, model, lists, noiseTerms(terms).clipNorm),
    noisySums: (decoded) => decoded,
  };
  switch (task) {
    case 'gradients':
      return shared;
    case 'adaptive-clipping':
      return { ...shared, plan: { ...shared.plan, clipping: 'adaptive' }, contributions: gradientsWithBits };
    case 'local-training':
      return {
        ...shared,
        plan: {
          expectedShoppers: canaries * ROSTER.maximumMerchants,
          noiseStrategy: 'local',
          periods: PERIODS,
        },
        strategy: 'local',
        merchants: 1,
        noisySums: sumsOfMovement,
      };
  }
}

/** Clip norm, sampling rate, and the noisy sums of one round: several where every local step has its own. */
export function noiseTerms({ mechanism }: RoundTerms) {
  switch (mechanism.kind) {
    case 'gaussian':
      return { ...mechanism, sums: 1 };
    case 'local':
      return { ...mechanism, sums: mechanism.localSteps };
    case 'laplace':
    case 'none':
      throw new TypeError('gradients have Gaussian noise');
  }
}

function gradientsWithBits({ engine, model, lists, terms }: KnownRound): Rows {
  const { task } = terms;
  const rule = task.$case === 'rerankerGradients' ? task.value.adaptiveClipping : undefined;
  if (rule === undefined) throw new TypeError('the clip norm adapts');
  const { clipNorm: norm, noiseMultiplier } = noiseTerms(terms);
  const split = quantileSplit({ norm, noiseMultiplier, bitDeviation: rule.bitDeviation });
  const clipNorm = expectKind(model, 'mlpReranker').server?.clipNorm ?? norm;
  const { values, rows, columns } = clippedGradients(engine, model, lists, Infinity);
  const widened = new Float32Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++)
    widened.set(withClipBit(values.subarray(row * columns, (row + 1) * columns), clipNorm, split), row * (columns + 1));
  return { values: widened, rows, columns: columns + 1 };
}

/** The local optimiser moves by −rate/denominator times each noisy sum, and gradients hardly change on so short a way. */
function sumsOfMovement(movement: Float64Array, { task }: RoundTerms): Float64Array {
  const local = task.$case === 'rerankerDpFedavg' ? task.value.local : undefined;
  if (local?.optimiser === undefined) throw new TypeError('merchants train locally');
  const { expectedShoppers, optimiser } = local;
  return movement.map((value) => (-value * expectedShoppers) / optimiser.learningRate);
}

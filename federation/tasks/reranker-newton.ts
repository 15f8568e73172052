import { labelledHash, streamRandom } from '../../crypto/index.js';
import {
  drawProjection,
  newtonContribution,
  newtonLength,
  PUBLIC_RERANKER,
  solveNewton,
  STRICT_FEATURES,
} from '../../recommender/index.js';
import type { LinearReranker, RandomProjection } from '../../recommender/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { LinearRerankerModel } from '../../proto/index.js';
import { expectKind } from '../model.js';
import type { ModelKind } from '../model.js';
import type { RoundTerms } from '../contract/terms.js';
import type { Task } from './task.js';

/** More random features than this would make a contribution of more than 2 MiB. */
const MOST_UNITS = 1000;

/**
 * The model before the release: no correction, so that serving it is serving the mix.
 * @param units random features beside the strict ones. @default 0
 */
export function untrainedLinear(servingWeight: number, units = 0): ModelKind {
  const weights = Array.from({ length: STRICT_FEATURES.length + units }, () => 0);
  return { $case: 'linearReranker', value: { weights, servingWeight } };
}

/** The public default weights as a model that rounds refine. */
export function publicLinear(servingWeight: number): ModelKind {
  return { $case: 'linearReranker', value: { weights: [...PUBLIC_RERANKER.weights], servingWeight } };
}

const projections = new Map<number, RandomProjection>();

/** The random features of every model that has so many: drawn from a public constant, the same for everybody. */
function publicProjection(units: number): RandomProjection {
  const known = projections.get(units);
  if (known !== undefined) return known;
  const drawn = drawProjection(streamRandom(labelledHash('guildhall/v1/random-features')), units);
  projections.set(units, drawn);
  return drawn;
}

/**
 * The re-ranker that a linear model holds; what it has more weights than there are strict features are random ones.
 * @throws GuildhallError MODEL_MALFORMED on a number of weights that no model has
 */
export function linearOf({ weights, servingWeight }: LinearRerankerModel): LinearReranker {
  const units = weights.length - STRICT_FEATURES.length;
  if (units < 0 || units > MOST_UNITS)
    throw new GuildhallError('MODEL_MALFORMED', `A linear re-ranker cannot have ${weights.length} weights.`);
  const linear = { kind: 'linear', weights: Float64Array.from(weights), servingWeight } as const;
  return units === 0 ? linear : { ...linear, projection: publicProjection(units) };
}

/**
 * The linear re-ranker by Newton steps, one a round and normally one in all: clipped (gradient, Hessian) sums at the
 * model's weights (RECOMMENDER.md).
 */
export const rerankerNewton: Task = {
  name: 'reranker-newton',
  mechanisms: ['gaussian', 'none'],
  unit: 'shopper',

  dimension(model) {
    return newtonLength(linearOf(expectKind(model, 'linearReranker')).weights.length);
  },

  *contribute({ model, data, sampled }) {
    const linear = linearOf(expectKind(model, 'linearReranker'));
    for (const shopper of sampled) {
      const lists = data.strictLists(shopper);
      if (lists.length > 0) yield { form: 'dense', values: newtonContribution(lists, linear) };
    }
  },

  apply({ terms, model, sum, noiseDeviation }) {
    const { ridge, servingWeight } = newtonTerms(terms);
    const { weights } = solveNewton(linearOf(expectKind(model, 'linearReranker')), sum, { noiseDeviation, ridge });
    return { $case: 'linearReranker', value: { weights: [...weights], servingWeight } };
  },
};

function newtonTerms({ task }: RoundTerms): { ridge: number; servingWeight: number } {
  if (task.$case !== 'rerankerNewton') throw new TypeError(`not terms of a Newton round: ${task.$case}`);
  return task.value;
}

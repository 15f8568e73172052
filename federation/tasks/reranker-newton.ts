import { NEWTON_LENGTH, newtonContribution, solveNewton, STRICT_FEATURES } from '../../recommender/index.js';
import { expectKind } from '../model.js';
import type { ModelKind } from '../model.js';
import type { RoundTerms } from '../contract/terms.js';
import type { Task } from './task.js';

/** The model before the release: no correction, so that serving it is serving the mix. */
export function untrainedLinear(servingWeight: number): ModelKind {
  const weights = STRICT_FEATURES.map(() => 0);
  return { $case: 'linearReranker', value: { weights, servingWeight } };
}

/** The linear re-ranker in one round: clipped (gradient, Hessian) sums and one Newton step (RECOMMENDER.md). */
export const rerankerNewton: Task = {
  name: 'reranker-newton',
  mechanisms: ['gaussian', 'none'],
  unit: 'shopper',

  dimension(model) {
    expectKind(model, 'linearReranker');
    return NEWTON_LENGTH;
  },

  *contribute({ data, sampled }) {
    for (const shopper of sampled) {
      const list = data.strictList(shopper);
      if (list !== undefined) yield { form: 'dense', values: newtonContribution(list) };
    }
  },

  apply({ terms, sum, noiseDeviation }) {
    const { ridge, servingWeight } = newtonTerms(terms);
    const { weights } = solveNewton(sum, { noiseDeviation, ridge, servingWeight });
    return { $case: 'linearReranker', value: { weights: [...weights], servingWeight } };
  },
};

function newtonTerms({ task }: RoundTerms): { ridge: number; servingWeight: number } {
  if (task.$case !== 'rerankerNewton') throw new TypeError(`not terms of a Newton round: ${task.$case}`);
  return task.value;
}

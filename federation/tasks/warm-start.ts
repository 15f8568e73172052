import type { ModelKind } from '../model.js';
import { untrainedMlp } from './reranker-mlp.js';

/**
 * The model that a job starts from when it builds on another job's release: the MLP form begins as the linear
 * re-ranker that was released. Models that have nothing to take from each other stay as they are.
 * @param model the job's own initial model
 * @param source the newest version of the job that it starts from
 */
export function warmStart(model: ModelKind, source: ModelKind): ModelKind {
  if (model.$case !== 'mlpReranker' || source.$case !== 'linearReranker') return model;
  const { weights, servingWeight } = source.value;
  const linear = { kind: 'linear', weights: Float64Array.from(weights), servingWeight } as const;
  return untrainedMlp(model.value.servingWeight, linear);
}

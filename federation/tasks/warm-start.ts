import type { ModelKind } from '../model.js';
import { countSamePairs } from './neighbour-counts.js';
import { untrainedMlp } from './reranker-mlp.js';
import { linearOf } from './reranker-newton.js';
import { decodeTower, servedTower, untrainedTowerModel } from './tower-model.js';

/**
 * The model that a job starts from when it builds on another job's release: the MLP form begins as the linear
 * re-ranker that was released, a linear form of the same features goes on from its weights, counts of the same cells from
 * the counts so far, a tower from the one that was trained. Models that have nothing to take from each other stay as they are.
 * @param model the job's own initial model
 * @param source the newest version of the job that it starts from
 * @throws GuildhallError MODEL_MALFORMED
 */
export function warmStart(model: ModelKind, source: ModelKind): ModelKind {
  if (source.$case === 'linearReranker') {
    if (model.$case === 'mlpReranker') return untrainedMlp(model.value.servingWeight, linearOf(source.value));
    if (model.$case === 'linearReranker' && model.value.weights.length === source.value.weights.length)
      return { ...model, value: { ...model.value, weights: source.value.weights } };
  }
  if (source.$case === 'tower' && model.$case === 'tower') {
    const served = servedTower(source.value);
    return served === undefined ? model : untrainedTowerModel(decodeTower(model.value).form, served);
  }
  if (source.$case === 'neighbourCounts' && model.$case === 'neighbourCounts')
    return countSamePairs(model.value, source.value) ? source : model;
  if (source.$case === 'itemCounts' && model.$case === 'itemCounts')
    return model.value.itemIds.join('\n') === source.value.itemIds.join('\n') ? source : model;
  return model;
}

import { decodeModel } from '../../federation/index.js';
import type { Released } from '../../recommender/index.js';
import { releasedModels } from '../training/released.js';
import type { ReleaseContext } from '../training/released.js';
import { servedForm } from './compressed-tower.js';

/** What a merchant ranks with once its gate lets it in. */
export interface ServedModels {
  readonly released: Released;
  /** In which form a released tower is served, in a sentence; absent where there is none. */
  readonly towerForm?: string;
}

/**
 * The newest models of all jobs as this merchant serves them: a tower in the form that it has compressed it to. Whatever
 * judges, measures or ranks begins here, so that what is judged is what is served.
 * @param models serialised, in the order in which their jobs were heard of
 * @param compressedTower path of the merchant's compressed tower, which need not be there
 * @throws GuildhallError MODEL_MALFORMED, MODEL_FILE_DAMAGED, MODEL_FILE_UNSUPPORTED; STATE_*
 */
export function servedModels(
  models: readonly Uint8Array[],
  context: ReleaseContext,
  compressedTower: string,
): ServedModels {
  const released = releasedModels(models.map(decodeModel), context);
  if (released.tower === undefined) return { released };
  const { tower, note } = servedForm(compressedTower, released.tower);
  return { released: { ...released, tower }, towerForm: note };
}

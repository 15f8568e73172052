import {
  decodeTower,
  encodeModel,
  itemsInModel,
  modelSha256,
  releasedCounts,
  rerankerOf,
  servedTower,
} from '../../federation/index.js';
import type { ModelKind, ModelOf } from '../../federation/index.js';
import { PUBLIC_RERANKER } from '../../recommender/index.js';
import type { Catalogue, Released, ReleasedTower, Reranker, SparseMatrix, TextIndex } from '../../recommender/index.js';

/** The merchant's side of reading releases. */
export interface ReleaseContext {
  readonly catalogue: Catalogue;
  readonly text: TextIndex;
}

/**
 * The newest models of all jobs as what the merchant can rank with. Models that no round has changed yet are left out. Of
 * re-rankers the MLP form goes before the linear one that it started from, then the newest job's; of counts releases
 * the newest among those that share most items with the merchant's catalogue is read.
 * @param models in the order in which their jobs were heard of, newest last
 * @throws GuildhallError MODEL_MALFORMED
 */
export function releasedModels(models: readonly ModelKind[], context: ReleaseContext): Released {
  const reranker = preferredReranker(models);
  const counts = countsFor(models, context);
  const tower = newestTower(models, context.text);
  return {
    ...(counts === undefined ? {} : { counts }),
    ...(reranker === undefined ? {} : { reranker }),
    ...(tower === undefined ? {} : { tower }),
  };
}

/** The newest tower that has been through a round and reads the merchant's kind of texts. */
function newestTower(models: readonly ModelKind[], { encoder, dimensions }: TextIndex): ReleasedTower | undefined {
  const fitting = models.flatMap((model): ReleasedTower[] => {
    if (model.$case !== 'tower' || model.value.encoder !== encoder || model.value.features !== dimensions) return [];
    const served = servedTower(model.value);
    if (served === undefined) return [];
    return [{ model: served, start: decodeTower(model.value).base, source: modelSha256(encodeModel(model)) }];
  });
  return fitting.at(-1);
}

function preferredReranker(models: readonly ModelKind[]): Reranker | undefined {
  const trained = models.filter(isTrained);
  const preferred = trained.findLast(({ $case }) => $case === 'mlpReranker') ?? trained.at(-1);
  return preferred === undefined ? undefined : rerankerOf(preferred);
}

/** Whether a re-ranker has been through a round; a linear one starts from nothing or from the public weights. */
function isTrained(model: ModelKind): boolean {
  switch (model.$case) {
    case 'linearReranker':
      return ![() => 0, (at: number) => PUBLIC_RERANKER.weights[at]].some((start) =>
        model.value.weights.every((weight, at) => weight === start(at)),
      );
    case 'mlpReranker':
      return (model.value.server?.steps ?? 0) > 0;
    case 'neighbourCounts':
    case 'itemCounts':
    case 'tower':
      return false;
  }
}

function countsFor(models: readonly ModelKind[], { catalogue, text }: ReleaseContext): SparseMatrix | undefined {
  let best: { readonly model: ModelOf<'neighbourCounts'>; readonly shared: number } | undefined;
  for (const model of models) {
    if (model.$case !== 'neighbourCounts' || model.value.counts.length === 0) continue;
    const shared = itemsInModel(catalogue, model.value).filter((item) => item >= 0).length;
    if (shared > 0 && shared >= (best?.shared ?? 0)) best = { model: model.value, shared };
  }
  return best === undefined ? undefined : releasedCounts(best.model, catalogue, text);
}

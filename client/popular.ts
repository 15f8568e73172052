import { decodeModel, reportedItems } from '../federation/index.js';
import type { ItemCountsReport } from '../federation/index.js';
import { ModelStore } from './models.js';
import { openState } from './state/directory.js';

/** The newest popularity release of one job. */
export interface PopularItems extends ItemCountsReport {
  readonly job: string;
}

/**
 * `guildhall client popular`: what shoppers of all merchants bought, as the newest popularity releases say. Reads downloaded
 * models only, `most` items of each at most; works while the client runs.
 * @throws GuildhallError STATE_*, MODEL_MALFORMED
 */
export function popularItems({ dir, most }: { readonly dir: string; readonly most: number }): PopularItems[] {
  return popularIn(new ModelStore(openState(dir).paths.models), most);
}

/** The same of a store. @throws GuildhallError MODEL_MALFORMED */
export function popularIn(models: ModelStore, most: number): PopularItems[] {
  return models.newest().flatMap(({ job, sha256 }): PopularItems[] => {
    const bytes = models.read(sha256);
    const model = bytes === undefined ? undefined : decodeModel(bytes);
    const report = model?.$case === 'itemCounts' ? reportedItems(model.value) : undefined;
    return report === undefined ? [] : [{ job, ...report, items: report.items.slice(0, most) }];
  });
}

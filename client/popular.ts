import { decodeModel, reportedItems } from '../federation/index.js';
import type { ItemCountsReport } from '../federation/index.js';
import { ModelStore } from './models.js';
import { openState } from './state/directory.js';

/** The newest popularity release of one catalogue. */
export interface PopularItems extends ItemCountsReport {
  readonly job: string;
}

/**
 * `guildhall client popular`: what shoppers of all merchants bought, as the newest popularity release of each catalogue says;
 * one that follows others holds theirs too. Reads downloaded models only, `most` items of each at most; works while the
 * client runs.
 * @throws GuildhallError STATE_*, MODEL_MALFORMED
 */
export function popularItems({ dir, most }: { readonly dir: string; readonly most: number }): PopularItems[] {
  return popularIn(new ModelStore(openState(dir).paths.models), most);
}

/** The same of a store. @throws GuildhallError MODEL_MALFORMED */
export function popularIn(models: ModelStore, most: number): PopularItems[] {
  const newest = new Map<string, PopularItems>();
  for (const { job, sha256 } of models.newest()) {
    const bytes = models.read(sha256);
    const model = bytes === undefined ? undefined : decodeModel(bytes);
    const report = model?.$case === 'itemCounts' ? reportedItems(model.value) : undefined;
    if (report !== undefined) newest.set(report.catalogue, { job, ...report, items: report.items.slice(0, most) });
  }
  return [...newest.values()];
}

import { statePaths } from '../../client/index.js';
import { ModelStore } from '../../client/models.js';
import { decodeModel } from '../../federation/index.js';
import type { DemoFolders } from './federation.js';
import { meanLine } from './lines.js';
import type { DemoStrategy } from './options.js';
import type { MerchantReport, StrategyReport } from './report.js';

/**
 * What the jobs that have just run brought.
 * @param merchants measured with their releases
 */
export function strategyReport(
  strategy: DemoStrategy | undefined,
  merchants: readonly MerchantReport[],
  folders: DemoFolders,
): StrategyReport {
  const { together, gain, gainOverTuned } = meanLine(merchants);
  const isNoised = merchants.some(({ epsilon }) => epsilon !== null);
  return {
    strategy: isNoised ? (strategy ?? 'worst-case') : null,
    noiseLeft: isNoised ? noiseLeft(merchants, folders) : null,
    together,
    gain,
    gainOverTuned,
  };
}

/** As the newest counts say that one merchant of every catalogue has downloaded. */
function noiseLeft(merchants: readonly MerchantReport[], folders: DemoFolders): number | null {
  const byCatalogue = new Map(merchants.map(({ catalogue, name }) => [catalogue, name]));
  const ratios = Array.from(byCatalogue.values(), (name) => newestRatio(folders.client(name))).filter(
    (ratio) => ratio !== undefined,
  );
  return ratios.length === 0 ? null : ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

function newestRatio(directory: string): number | undefined {
  const models = new ModelStore(statePaths(directory).models).newestBytes().map(decodeModel);
  const newest = models.findLast((model) => model.$case === 'neighbourCounts' && model.value.counts.length > 0);
  return newest?.$case === 'neighbourCounts' ? newest.value.noiseShape / newest.value.releases : undefined;
}

import { popularItems } from '../../client/index.js';
import type { PopularItems } from '../../client/index.js';
import type { DemoFolders } from './federation.js';
import type { MerchantReport } from './report.js';

/** Items of each release that a demo shows. */
const MOST_ITEMS = 5;

/** What popularity releases say of each catalogue, as one of its merchants has them; nothing where none was released. */
export function popularityOf(
  merchants: readonly Pick<MerchantReport, 'name' | 'catalogue'>[],
  folders: Pick<DemoFolders, 'client'>,
): PopularItems[] {
  const oneOf = new Map(merchants.map(({ catalogue, name }) => [catalogue, name]));
  return [...oneOf].flatMap(([catalogue, name]) =>
    popularItems({ dir: folders.client(name), most: MOST_ITEMS }).filter((release) => release.catalogue === catalogue),
  );
}

import type { Shop } from '../types.js';
import type { ByteSource } from './bytes.js';
import { readEvents } from './events.js';
import type { EventColumns } from './events.js';
import type { IdentifierKey } from './identifiers.js';
import { readItems } from './items.js';
import type { ItemColumns } from './items.js';
import type { DataReport, ShopCounts } from './report.js';

/** Leave-one-out needs a history, a validation and a test item, and one more event to learn from. */
export const SHORTEST_EVALUATED = 4;

/** The two files of a merchant and how to read them. */
export interface ShopSources {
  readonly items: ByteSource;
  readonly events: ByteSource;
  readonly columns?: { readonly items?: ItemColumns; readonly events?: EventColumns };
  /** Hashes the shopper ids at reading. */
  readonly key: IdentifierKey;
  /** The present in milliseconds since 1970; without it no event is held to lie ahead. */
  readonly now?: number;
}

/**
 * Reads a merchant's catalogue and events. Bad rows are counted and explained in the report; what makes a whole file
 * useless is thrown.
 *
 * @throws GuildhallError DATA_COLUMN_MISSING, DATA_EMPTY, DATA_NOT_UTF8, DATA_COMPRESSION_BROKEN, DATA_MALFORMED or
 *   DATA_NOTHING_USABLE, naming the file and, where there is one, the line
 */
export async function readShop(sources: ShopSources): Promise<{ readonly shop: Shop; readonly report: DataReport }> {
  const { catalogue, report: items, anomalies: oddItems } = await readItems(sources.items, sources.columns?.items);
  const eventColumns = sources.columns?.events;
  const {
    shoppers,
    report: events,
    shoppersWithGaps,
    anomalies: oddEvents,
  } = await readEvents(sources.events, catalogue, {
    key: sources.key,
    ...(eventColumns === undefined ? {} : { columns: eventColumns }),
    ...(sources.now === undefined ? {} : { now: sources.now }),
  });
  const shop = { catalogue, shoppers };
  const counts = countShop(shop, shoppersWithGaps);
  return {
    shop,
    report: { items, events, shop: counts, notes: notesOn(counts), anomalies: [...oddItems, ...oddEvents] },
  };
}

/** Sizes and gaps of a shop. */
export function countShop(shop: Shop, shoppersWithGaps = 0): ShopCounts {
  const { items } = shop.catalogue;
  const lengths = shop.shoppers.map(({ history }) => history.length).sort((a, b) => a - b);
  const bought = new Set<number>();
  let repeats = 0;
  for (const { history } of shop.shoppers) {
    for (const item of history) bought.add(item);
    repeats += history.length - new Set(history).size;
  }
  return {
    items: items.length,
    shoppers: lengths.length,
    events: lengths.reduce((sum, length) => sum + length, 0),
    eventsPerShopper: { least: lengths[0] ?? 0, median: lengths[lengths.length >> 1] ?? 0, most: lengths.at(-1) ?? 0 },
    shortShoppers: lengths.filter((length) => length < SHORTEST_EVALUATED).length,
    shoppersWithGaps,
    repeats,
    itemsWithoutEvents: items.length - bought.size,
    itemsWithoutTitle: items.filter(({ title }) => title === '').length,
    itemsWithoutBrand: items.filter(({ brand }) => brand === '').length,
    itemsWithoutCategory: items.filter(({ category }) => category === '').length,
  };
}

function notesOn(counts: ShopCounts): string[] {
  const notes: string[] = [];
  const note = (count: number, sentence: string) => {
    if (count > 0) notes.push(`${count} ${sentence}`);
  };
  note(
    counts.shortShoppers,
    `shoppers have fewer than ${SHORTEST_EVALUATED} events; they teach but are not evaluated.`,
  );
  note(counts.shoppersWithGaps, 'shoppers have positions that leave numbers out; the order is used as it is.');
  note(counts.itemsWithoutEvents, 'items have no event; only their texts can recommend them.');
  note(counts.itemsWithoutTitle, 'items have no title.');
  note(counts.itemsWithoutBrand, 'items have no brand.');
  note(counts.itemsWithoutCategory, 'items have no category.');
  return notes;
}

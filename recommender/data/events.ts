import type { Catalogue, Shopper } from '../types.js';
import type { ByteSource } from './bytes.js';
import { EventLog } from './event-log.js';
import { keyedIdentifiers } from './identifiers.js';
import type { IdentifierKey } from './identifiers.js';
import { BY_POSITION, BY_TIMESTAMP } from './order.js';
import type { EventOrder } from './order.js';
import type { FileReport } from './report.js';
import { missingColumn, readTable } from './table.js';
import type { Header } from './table.js';

/** Names of the columns of an events file. */
export interface EventColumns {
  /** @default 'user_id' */
  readonly user?: string;
  /** @default 'item_id' */
  readonly item?: string;
  /** The order of a shopper's events by number. @default 'position' */
  readonly position?: string;
  /** The order by time; read where there is no position column. @default 'timestamp' */
  readonly timestamp?: string;
}

/** The shoppers of an events file. */
export interface ReadEvents {
  /** In the order of first appearance; each with at least one event. */
  readonly shoppers: readonly Shopper[];
  readonly report: FileReport;
  /** Shoppers whose positions leave numbers out; 0 where the order is by time. */
  readonly shoppersWithGaps: number;
}

/**
 * Reads events in any order of rows; each shopper's are sorted by position or time, equal ones by their place in the
 * file. Refused: rows without a shopper, of an item that the catalogue lacks, with an unreadable order, and repeats of
 * the same shopper, item and order.
 *
 * @param options.key hashes the shopper ids at reading
 * @throws GuildhallError as `readTable`
 */
export async function readEvents(
  source: ByteSource,
  catalogue: Catalogue,
  options: { readonly key: IdentifierKey; readonly columns?: EventColumns },
): Promise<ReadEvents> {
  const columns = options.columns ?? {};
  const log = new EventLog(keyedIdentifiers(options.key));
  let order: EventOrder = BY_POSITION;
  const report = await readTable(source, (header) => {
    const user = header.require(columns.user ?? 'user_id');
    const item = header.require(columns.item ?? 'item_id');
    const placed = orderColumn(header, columns);
    order = placed.order;
    return (fields) => {
      const raw = (fields[user] ?? '').trim();
      if (raw === '') return 'no user id';
      const index = catalogue.indexOf.get((fields[item] ?? '').trim());
      if (index === undefined) return 'item not in the catalogue';
      const place = order.parse(fields[placed.at] ?? '');
      if (place === undefined) return order.refusal;
      return log.add(raw, index, place) === 'repeated' ? 'same event twice' : undefined;
    };
  });
  const shoppers = log.shoppers();
  return { shoppers, report, shoppersWithGaps: order === BY_POSITION ? log.shoppersWithGaps() : 0 };
}

function orderColumn(header: Header, columns: EventColumns): { readonly at: number; readonly order: EventOrder } {
  const [position, timestamp] = [columns.position ?? 'position', columns.timestamp ?? 'timestamp'];
  const byPosition = header.find(position);
  if (byPosition !== undefined) return { at: byPosition, order: BY_POSITION };
  const byTime = header.find(timestamp);
  if (byTime !== undefined) return { at: byTime, order: BY_TIMESTAMP };
  throw missingColumn(header, [position, timestamp]);
}

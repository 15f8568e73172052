import type { Catalogue, Shopper } from '../types.js';
import { AnomalyTally, judgeTime, MOST_EVENTS, presentBeside } from './anomalies.js';
import type { ByteSource } from './bytes.js';
import { EventLog } from './event-log.js';
import { keyedIdentifiers } from './identifiers.js';
import type { IdentifierKey } from './identifiers.js';
import { BY_POSITION, BY_TIMESTAMP } from './order.js';
import type { EventOrder } from './order.js';
import type { Anomaly, FileReport } from './report.js';
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
  readonly anomalies: readonly Anomaly[];
}

/**
 * Reads events in any order of rows; each shopper's are sorted by position or time, equal ones by their place in the
 * file. Refused: rows without a shopper, of an item that the catalogue lacks, with an unreadable order, and repeats of
 * the same shopper, item and order. Capped, and told: times that lie ahead, which count as now, and histories of more
 * than 1,000 events, of which the newest stay.
 *
 * @param options.key hashes the shopper ids at reading
 * @param options.now the present in milliseconds since 1970; without it no time is held to lie ahead
 * @throws GuildhallError as `readTable`
 */
export async function readEvents(
  source: ByteSource,
  catalogue: Catalogue,
  options: { readonly key: IdentifierKey; readonly columns?: EventColumns; readonly now?: number },
): Promise<ReadEvents> {
  const { columns = {}, now = Infinity } = options;
  const twice = new AnomalyTally();
  const future = new AnomalyTally();
  const ancient = new AnomalyTally();
  const log = new EventLog(keyedIdentifiers(options.key));
  let order: EventOrder = BY_POSITION;
  const report = await readTable(source, (header) => {
    const user = header.require(columns.user ?? 'user_id');
    const item = header.require(columns.item ?? 'item_id');
    const placed = orderColumn(header, columns);
    order = placed.order;
    return (fields, line) => {
      const raw = (fields[user] ?? '').trim();
      if (raw === '') return 'no user id';
      const index = catalogue.indexOf.get((fields[item] ?? '').trim());
      if (index === undefined) return 'item not in the catalogue';
      const place = order.parse(fields[placed.at] ?? '');
      if (place === undefined) return order.refusal;
      const judged = order === BY_TIMESTAMP ? judgeTime(place, now) : 'fine';
      if (judged === 'future') future.add(line);
      if (judged === 'ancient') ancient.add(line);
      if (log.add(raw, index, place) === 'added') return undefined;
      twice.add(line);
      return 'same event twice';
    };
  });
  const beyond = log.beyond(MOST_EVENTS);
  // Capped last of all: what happened on two days ahead stays two events, in their order.
  const timeOf = (time: number): number =>
    judgeTime(time, now) === 'future' ? (presentBeside(time, now) ?? time) : time;
  return {
    shoppers: order === BY_POSITION ? log.shoppers(MOST_EVENTS) : log.shoppers(MOST_EVENTS, timeOf),
    report,
    shoppersWithGaps: order === BY_POSITION ? log.shoppersWithGaps() : 0,
    anomalies: [
      ...twice.report(
        'same-event-twice',
        'refused',
        'events repeat an earlier one of the same shopper, item and place in the order. They are counted once; an export that ran twice looks like this.',
      ),
      ...future.report(
        'future-time',
        'capped',
        'events lie ahead of the present by more than a day. They count as of now, in their order.',
      ),
      ...ancient.report(
        'ancient-time',
        'kept',
        'events have a time before 1990, probably an empty field. They stand first in their histories.',
      ),
      ...tooManyEvents(beyond),
    ],
  };
}

function tooManyEvents({ shoppers, events }: { readonly shoppers: number; readonly events: number }): Anomaly[] {
  if (shoppers === 0) return [];
  const explanation = `shoppers have more than ${MOST_EVENTS} events, as bots, tills and resellers do. Their newest ${MOST_EVENTS} events are used, ${events} older ones are left out.`;
  return [{ kind: 'too-many-events', count: shoppers, action: 'capped', explanation, lines: [] }];
}

function orderColumn(header: Header, columns: EventColumns): { readonly at: number; readonly order: EventOrder } {
  const [position, timestamp] = [columns.position ?? 'position', columns.timestamp ?? 'timestamp'];
  const byPosition = header.find(position);
  if (byPosition !== undefined) return { at: byPosition, order: BY_POSITION };
  const byTime = header.find(timestamp);
  if (byTime !== undefined) return { at: byTime, order: BY_TIMESTAMP };
  throw missingColumn(header, [position, timestamp]);
}

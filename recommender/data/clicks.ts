import { GuildhallError } from '../../errors/index.js';
import type { ByteSource } from './bytes.js';
import type { FileReport } from './report.js';
import { readTable } from './table.js';

/** What shoppers clicked or bought of the lists that they were shown. */
export interface ReadClicks {
  /** Item ids by request id. */
  readonly byRequest: ReadonlyMap<string, ReadonlySet<string>>;
  /** Absent where nothing has been clicked yet: the file has no row. */
  readonly report?: FileReport;
}

/**
 * Reads clicks from the columns `request_id` and `item_id`. Refused: rows that lack either, and the second click on an
 * item of one request.
 *
 * @throws GuildhallError as `readTable`, except that a file without rows is no clicks
 */
export async function readClicks(source: ByteSource): Promise<ReadClicks> {
  const byRequest = new Map<string, Set<string>>();
  const reading = readTable(source, (header) => {
    const [requestAt, itemAt] = [header.require('request_id'), header.require('item_id')];
    return (fields) => {
      const [request, item] = [(fields[requestAt] ?? '').trim(), (fields[itemAt] ?? '').trim()];
      if (request === '' || item === '') return 'no request id or no item id';
      const items = byRequest.get(request) ?? new Set();
      byRequest.set(request, items);
      if (items.has(item)) return 'clicked before';
      items.add(item);
      return undefined;
    };
  });
  try {
    return { byRequest, report: await reading };
  } catch (error) {
    if (error instanceof GuildhallError && error.code === 'DATA_EMPTY') return { byRequest };
    throw error;
  }
}

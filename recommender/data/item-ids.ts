import type { ByteSource } from './bytes.js';
import type { FileReport } from './report.js';
import { readTable } from './table.js';

/** Item ids of a file. */
export interface ReadItemIds {
  readonly ids: string[];
  readonly report: FileReport;
}

/**
 * Reads the column `item_id` of a file: what is in stock, say.
 * @throws GuildhallError as `readTable`
 */
export async function readItemIds(source: ByteSource): Promise<ReadItemIds> {
  const ids: string[] = [];
  const report = await readTable(source, (header) => {
    const at = header.require('item_id');
    return (fields) => {
      const id = (fields[at] ?? '').trim();
      if (id === '') return 'no item id';
      ids.push(id);
      return undefined;
    };
  });
  return { ids, report };
}

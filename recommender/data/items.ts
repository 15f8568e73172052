import type { Catalogue, Item } from '../types.js';
import type { ByteSource } from './bytes.js';
import { withoutEntities } from './entities.js';
import type { FileReport } from './report.js';
import { readTable } from './table.js';
import type { Header } from './table.js';

/** Names of the columns of an items file. An empty name says that the file has no such column. */
export interface ItemColumns {
  /** @default 'item_id' */
  readonly item?: string;
  /** @default 'title' */
  readonly title?: string;
  /** @default 'brand' */
  readonly brand?: string;
  /** @default 'category' */
  readonly category?: string;
}

/**
 * Reads a catalogue. Rows without an id, and later rows with an id that was already used, are refused. HTML character
 * references in titles, brands and categories are resolved.
 *
 * @throws GuildhallError as `readTable`
 */
export async function readItems(
  source: ByteSource,
  columns: ItemColumns = {},
): Promise<{ readonly catalogue: Catalogue; readonly report: FileReport }> {
  const items: Item[] = [];
  const indexOf = new Map<string, number>();
  const report = await readTable(source, (header) => {
    const id = header.require(columns.item ?? 'item_id');
    const title = textColumn(header, columns.title ?? 'title');
    const brand = textColumn(header, columns.brand ?? 'brand');
    const category = textColumn(header, columns.category ?? 'category');
    return (fields) => {
      const key = (fields[id] ?? '').trim();
      if (key === '') return 'no item id';
      if (indexOf.has(key)) return 'item id used before';
      indexOf.set(key, items.length);
      items.push({ id: key, title: title(fields), brand: brand(fields), category: category(fields) });
      return undefined;
    };
  });
  return { catalogue: { items, indexOf }, report };
}

function textColumn(header: Header, column: string): (fields: readonly string[]) => string {
  if (column === '') return () => '';
  const at = header.require(column);
  return (fields) => withoutEntities(fields[at] ?? '').trim();
}

import type { Catalogue, Item } from '../types.js';
import { AnomalyTally, looksBroken } from './anomalies.js';
import type { ByteSource } from './bytes.js';
import { withoutEntities } from './entities.js';
import type { Anomaly, FileReport } from './report.js';
import { readTable } from './table.js';
import type { Header } from './table.js';

/**
 * Names of the columns of an items file. An empty name says that the file has no such column; a file without a column of
 * the default name for brand or category is read as if it were empty.
 */
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

/** The catalogue of an items file. */
export interface ReadItems {
  readonly catalogue: Catalogue;
  readonly report: FileReport;
  readonly anomalies: readonly Anomaly[];
}

/**
 * Reads a catalogue. Rows without an id, and later rows with an id that was already used, are refused. HTML character
 * references in titles, brands and categories are resolved.
 *
 * @throws GuildhallError as `readTable`
 */
export async function readItems(source: ByteSource, columns: ItemColumns = {}): Promise<ReadItems> {
  const items: Item[] = [];
  const indexOf = new Map<string, number>();
  const texts = new Set<string>();
  const broken = new AnomalyTally();
  const twins = new AnomalyTally();
  const report = await readTable(source, (header) => {
    const id = header.require(columns.item ?? 'item_id');
    const title = textColumn(header, columns.title ?? 'title');
    const brand = textColumn(header, columns.brand ?? optionalColumn(header, 'brand'));
    const category = textColumn(header, columns.category ?? optionalColumn(header, 'category'));
    return (fields, line) => {
      const key = (fields[id] ?? '').trim();
      if (key === '') return 'no item id';
      if (indexOf.has(key)) return 'item id used before';
      indexOf.set(key, items.length);
      const item = { id: key, title: title(fields), brand: brand(fields), category: category(fields) };
      items.push(item);
      if (looksBroken(item.title) || looksBroken(item.brand)) broken.add(line);
      const text = `${item.title}\0${item.brand}\0${item.category}`;
      if (item.title !== '' && texts.has(text)) twins.add(line);
      texts.add(text);
      return undefined;
    };
  });
  return {
    catalogue: { items, indexOf },
    report,
    anomalies: [
      ...broken.report(
        'broken-encoding',
        'kept',
        'items have a title or brand with the marks of a wrong decoding, such as Ã© for é. They are used as they are, but their texts match badly: export them again as UTF-8.',
      ),
      ...twins.report(
        'same-item-twice',
        'kept',
        'items have the same title, brand and category as an earlier item. Their purchases are counted apart; if they are one product, give them one id.',
      ),
    ],
  };
}

function optionalColumn(header: Header, column: string): string {
  return header.find(column) === undefined ? '' : column;
}

function textColumn(header: Header, column: string): (fields: readonly string[]) => string {
  if (column === '') return () => '';
  const at = header.require(column);
  return (fields) => withoutEntities(fields[at] ?? '').trim();
}

/** One column of a table: its heading and whether its cells stand flush right, as figures do. */
export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

/**
 * A plain-text table: one heading line, a rule, one line a row, columns two spaces apart.
 * @param rows as many cells a row as there are columns
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, at) =>
    Math.max(width(column.heading), ...rows.map((row) => width(row[at] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, at) => pad(cells[at] ?? '', widths[at] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map((column) => column.heading)),
    widths.map((size) => '-'.repeat(size)).join('  '),
    ...rows.map(line),
  ].join('\n');
}

/** Names and values, one a line, values aligned. */
export function renderPairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  const size = Math.max(0, ...pairs.map(([name]) => width(name)));
  return pairs.map(([name, value]) => `${pad(name, size, 'left')}  ${value}`.trimEnd()).join('\n');
}

const segmenter = new Intl.Segmenter();

function width(cell: string): number {
  return [...segmenter.segment(cell)].length;
}

function pad(cell: string, size: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, size - width(cell)));
  return align === 'left' ? cell + space : space + cell;
}

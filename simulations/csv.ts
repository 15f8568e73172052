/** A cell as RFC 4180 quotes it. */
function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table as CSV, with its heading line. */
export function toCsv(headings: readonly string[], rows: Iterable<readonly (string | number)[]>): string {
  const lines = [headings.join(',')];
  for (const row of rows) lines.push(row.map(cell).join(','));
  return `${lines.join('\n')}\n`;
}

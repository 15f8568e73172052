import type { DataReport } from '../recommender/index.js';

/** What reading a shop's files came to, for a person: rows, the first refused ones, anomalies and gaps. */
export function renderDataReport({ items, events, anomalies, notes }: DataReport): string {
  const files = [items, events].flatMap((file) => [
    `${file.file}: ${file.used} of ${file.rows} rows used`,
    ...Object.entries(file.refused).map(([reason, count]) => `  ${count} refused: ${reason}`),
    ...file.examples.map(
      ({ line, reason, note }) => `  ${file.file}:${line}: ${reason}${note === undefined ? '' : ` (${note})`}`,
    ),
  ]);
  const odd = anomalies.map(({ kind, count, action, explanation, lines }) => {
    const where = lines.length === 0 ? '' : ` First lines: ${lines.join(', ')}.`;
    return `${kind} (${action}): ${count} ${explanation}${where}`;
  });
  return [...files, ...odd, ...notes].join('\n');
}

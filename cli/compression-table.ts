import type { CompressedFigures } from '../recommender/index.js';
import { bytes, fixed } from './figures.js';
import { renderTable } from './table.js';

const COLUMNS = ['HR@10', 'NDCG@10', 'change [95 %]', 'model', 'item vectors', 'p50 ms', 'p95 ms'];

/** The tower in every form: what it finds, what it takes, and how long one ranking lasts. */
export function renderCompression(rows: readonly CompressedFigures[]): string {
  const table = renderTable(
    [{ heading: 'tower' }, { heading: 'form' }, ...COLUMNS.map((heading) => ({ heading, align: 'right' as const }))],
    rows.map(({ tower, precision, hr10, ndcg10, change, modelBytes, itemBytes, latency }) => [
      tower,
      precision,
      fixed(hr10, 4),
      fixed(ndcg10, 4),
      `${signed(change.mean)} [${signed(change.low)}, ${signed(change.high)}]`,
      bytes(modelBytes),
      bytes(itemBytes),
      fixed(latency.p50, 2),
      fixed(latency.p95, 2),
    ]),
  );
  const timed = rows[0]?.latency.rankings ?? 0;
  return `${table}\nThe same shoppers in the same run; the change is against the trained tower in float32, paired. A ranking is of the whole catalogue for one history, ${timed} timed.`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${fixed(Math.abs(value), 4)}`;
}

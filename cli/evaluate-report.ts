import type { Bucket, CompressedFigures, Evaluation, ModelFigures } from '../recommender/index.js';
import { bytes, fixed } from './figures.js';

/** One shop's part of the report. */
export interface ReportedShop {
  /** Empty for the only shop. */
  readonly name: string;
  readonly data: {
    readonly items: number;
    readonly shoppers: number;
    readonly events: number;
    readonly evaluated: number;
  };
  readonly evaluation: Evaluation;
  /** Things about the data that are worth knowing, as sentences. */
  readonly notes: readonly string[];
}

/** How the merchants of a marketplace fare with one model. */
export interface MerchantsSummary {
  readonly model: string;
  readonly merchants: number;
  /** Mean over merchants, each counting the same. */
  readonly ndcg10: number;
  readonly worst: { readonly name: string; readonly ndcg10: number };
  /** Means over the smaller and the larger half of the merchants by shoppers. */
  readonly smaller: number;
  readonly larger: number;
}

/** Mean, worst merchant, and small against large ones, by model; nothing for a single shop. */
export function summariseMerchants(shops: readonly ReportedShop[]): MerchantsSummary[] {
  if (shops.length < 2) return [];
  const bySize = [...shops].sort((a, b) => a.data.shoppers - b.data.shoppers);
  const names = shops[0]?.evaluation.models.map(({ model }) => model) ?? [];
  return names.map((model) => {
    const of = (some: readonly ReportedShop[]) =>
      some.flatMap(({ name, evaluation }) => {
        const figures = evaluation.models.find((one) => one.model === model);
        return figures === undefined ? [] : [{ name, ndcg10: figures.ndcg10 }];
      });
    const mean = (some: readonly ReportedShop[]): number => {
      const figures = of(some);
      return figures.reduce((sum, { ndcg10 }) => sum + ndcg10, 0) / Math.max(1, figures.length);
    };
    const half = Math.ceil(bySize.length / 2);
    const worst = of(shops).reduce((least, one) => (one.ndcg10 < least.ndcg10 ? one : least));
    return {
      model,
      merchants: of(shops).length,
      ndcg10: mean(shops),
      worst,
      smaller: mean(bySize.slice(0, half)),
      larger: mean(bySize.slice(half)),
    };
  });
}

/** The quality and fairness report as one self-contained HTML page: tables, with bars that only repeat their numbers. */
export function evaluationReport(shops: readonly ReportedShop[]): string {
  const summary = summariseMerchants(shops);
  const parts = [
    '<h1>Quality and fairness of recommendations</h1>',
    `<p>${METHOD}</p>`,
    ...(summary.length === 0 ? [] : [merchantsTable(summary)]),
    ...shops.flatMap(shopParts),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality and fairness of recommendations</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

const METHOD =
  'Leave-one-out: the last event of every shopper with at least four is the target, ranked against the whole catalogue without what the shopper had before; ties stand at their expected rank. These figures are never comparable with ones that rank among sampled items. Lists have ten places.';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #8884; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
rect { fill: #3b6ea5; }
@media (prefers-color-scheme: dark) { rect { fill: #8ab4e8; } }
.wide { overflow-x: auto; }
`;

function merchantsTable(summary: readonly MerchantsSummary[]): string {
  return table(
    'Merchants, each counting the same: NDCG@10',
    ['model', 'merchants', 'mean', 'smaller half', 'larger half', 'worst', 'worst merchant'],
    summary.map((row) => [
      row.model,
      String(row.merchants),
      figure(row.ndcg10),
      figure(row.smaller),
      figure(row.larger),
      figure(row.worst.ndcg10),
      row.worst.name,
    ]),
  );
}

function shopParts({ name, data, evaluation, notes }: ReportedShop): string[] {
  const { models, unavailable, longTailTargets, repeatedTargets } = evaluation;
  const largest = Math.max(...models.map(({ ndcg10 }) => ndcg10), Number.MIN_VALUE);
  const row = (model: ModelFigures): string[] => [
    model.model,
    ...[model.hr10, model.ndcg10, model.mrr10, model.precision10, model.map10, model.gauc].map(figure),
  ];
  const sentences = [...unavailable.map(({ model, reason }) => `${model}: ${reason}`), ...notes].concat(
    models.flatMap(({ model, notes: own }) => own.map((note) => `${model}: ${note}`)),
  );
  return [
    ...(name === '' ? [] : [`<h2>${escaped(name)}</h2>`]),
    `<p>${data.shoppers} shoppers, ${data.items} items, ${data.events} events; ${data.evaluated} shoppers were ranked for. ${percent(longTailTargets)} of what they bought lies in the long tail, outside the most bought fifth of the catalogue; ${percent(repeatedTargets)} they had bought before.</p>`,
    table(
      'Accuracy',
      ['model', 'HR@10', 'NDCG@10', 'MRR@10', 'Precision@10', 'MAP@10', 'GAUC', ''],
      models.map(row),
      models.map(({ ndcg10 }) => bar(ndcg10 / largest)),
    ),
    table(
      'What is shown',
      ['model', 'share of the catalogue', 'Gini of showings', 'places for the long tail'],
      models.map((model) => [model.model, percent(model.coverage10), figure(model.gini10), percent(model.longTail10)]),
    ),
    byBuckets('By the events that the shopper had: NDCG@10', models, 'history-events'),
    byBuckets("By the target's purchases in training: NDCG@10", models, 'target-hits'),
    byBuckets('By whether the shopper had bought the target before: NDCG@10', models, 'target-repeats'),
    newShoppers(models),
    ...(evaluation.compression === undefined ? [] : [smallerForms(evaluation.compression)]),
    ...(sentences.length === 0 ? [] : [`<ul>${sentences.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`]),
  ];
}

function byBuckets(caption: string, models: readonly ModelFigures[], by: Bucket['by']): string {
  const ranges = (models[0]?.buckets ?? []).filter((bucket) => bucket.by === by);
  return table(
    caption,
    ['model', ...ranges.map(({ range, shoppers }) => `${range} (${shoppers} shoppers)`)],
    models.map(({ model, buckets }) => [
      model,
      ...buckets.filter((bucket) => bucket.by === by).map(({ ndcg10 }) => figure(ndcg10)),
    ]),
  );
}

function newShoppers(models: readonly ModelFigures[]): string {
  const known = models[0]?.newShoppers ?? [];
  return table(
    `As if shoppers were new: NDCG@10 when only the last events are known (${known[0]?.shoppers ?? 0} shoppers)`,
    ['model', ...known.map(({ events }) => `${events} events`)],
    models.map(({ model, newShoppers: rows }) => [model, ...rows.map(({ ndcg10 }) => figure(ndcg10))]),
  );
}

function smallerForms(rows: readonly CompressedFigures[]): string {
  return table(
    `The tower in smaller forms (one ranking of the whole catalogue, ${rows[0]?.latency.rankings ?? 0} timed)`,
    ['form', 'HR@10', 'NDCG@10', 'change from the first, 95 %', 'model', 'item vectors', 'p50 ms', 'p95 ms'],
    rows.map((row) => [
      `${row.tower}, ${row.precision}`,
      ...[row.hr10, row.ndcg10].map(figure),
      `${figure(row.change.low)} to ${figure(row.change.high)}`,
      ...[row.modelBytes, row.itemBytes].map(bytes),
      ...[row.latency.p50, row.latency.p95].map((ms) => fixed(ms, 2)),
    ]),
  );
}

/** @param extra one cell of markup a row, without meaning of its own */
function table(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  extra: readonly string[] = [],
): string {
  const head = headings
    .map((heading) => (heading === '' ? '<td></td>' : `<th scope="col">${escaped(heading)}</th>`))
    .join('');
  const body = rows.map(([first = '', ...cells], at) => {
    const own = cells.map((cell) => `<td>${escaped(cell)}</td>`).join('');
    const last = extra[at] === undefined ? '' : `<td>${extra[at]}</td>`;
    return `<tr><th scope="row">${escaped(first)}</th>${own}${last}</tr>`;
  });
  return `<div class="wide"><table><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function bar(share: number): string {
  const width = Math.round(120 * Math.max(0, Math.min(1, share)));
  return `<svg aria-hidden="true" width="120" height="12"><rect width="${width}" height="12"/></svg>`;
}

const figure = (value: number): string => value.toFixed(4);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CompressionRequest, EvaluatedModelName } from '../../recommender/index.js';
import { renderCompression } from '../compression-table.js';
import { evaluationReport, summariseMerchants } from '../evaluate-report.js';
import type { MerchantsSummary, ReportedShop } from '../evaluate-report.js';
import { fixed } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { namesOf, optional, required, text } from '../options.js';
import { renderTable } from '../table.js';

interface EvaluateOptions {
  readonly data: string;
  readonly models: readonly string[];
  readonly compress?: readonly CompressedName[];
  readonly report?: string;
}

/** What can be evaluated; written out here because naming them must not load the models. A test compares. */
export const MODEL_NAMES =
  'popularity, text-knn, item-knn, co-occurrence, markov, markov-co-occurrence, ease, ranker, tower';
const DEFAULT_MODELS = ['popularity', 'text-knn', 'item-knn', 'markov-co-occurrence', 'ranker'];

const COMPRESSED_NAMES = ['float16', 'int8', 'distilled'] as const;
type CompressedName = (typeof COMPRESSED_NAMES)[number];

/** `guildhall evaluate`: what has to be beaten and what the ranker reaches, on anybody's files. */
export function addEvaluateCommand(program: Command, io: Io): void {
  addCommand<EvaluateOptions>(program, io, {
    usage: 'evaluate',
    description: 'Measure models on a shop: full ranking of the catalogue, leave-one-out, ties at expected rank.',
    options: [
      required('--data <dir>', 'a folder with items.csv and events.csv, plain or gzipped; or of such folders', text),
      optional('--models <list>', `of ${MODEL_NAMES}`, nonEmptyList, DEFAULT_MODELS),
      optional(
        '--compress <list>',
        'measure the tower in smaller forms too: float16, int8, distilled (a smaller tower, in the same forms)',
        namesOf(COMPRESSED_NAMES),
      ),
      optional('--report <file>', 'write quality and fairness as one HTML page', text),
    ],
    async run({ result, progress }, { data, models, compress, report }) {
      const chosen = await knownModels(models);
      const request = { models: chosen, compress: await compression(chosen, compress) };
      const { holdsShop, shopFolders, writeOutput } = await import('../../simulations/files.js');
      const names = holdsShop(data) ? [''] : shopFolders(data);
      // A folder without any shop fails as one shop would, with its files' names.
      const folders = names.length === 0 ? [''] : names;
      const shops: ReportedShop[] = [];
      const { GuildhallError } = await import('../../errors/index.js');
      for (const name of folders) {
        try {
          shops.push(await evaluateFolder(join(data, name), name, request, (stage) => progress.update(stage)));
        } catch (error) {
          const tooNew = error instanceof GuildhallError && error.code === 'DATA_NOBODY_TO_RANK';
          // One of several merchants is left out; where nobody is left, the last one's error says why.
          if (!tooNew || (shops.length === 0 && name === folders.at(-1))) throw error;
          progress.say(`${name} is left out: ${error.message}`);
        }
      }
      for (const { evaluation, notes } of shops) {
        for (const { model, reason } of evaluation.unavailable) progress.say(`${model}: ${reason}`);
        for (const note of notes) progress.say(note);
      }
      if (report !== undefined) await writeOutput(report, evaluationReport(shops));
      const summary = summariseMerchants(shops);
      result(jsonOf(shops, summary), () => shops.map(renderShop).concat(renderSummary(summary)).join('\n\n'));
    },
  });
}

async function knownModels(names: readonly string[]): Promise<EvaluatedModelName[]> {
  const { EVALUATED_MODEL_NAMES, isEvaluatedModelName } = await import('../../recommender/index.js');
  const { GuildhallError } = await import('../../errors/index.js');
  return names.map((name) => {
    if (isEvaluatedModelName(name)) return name;
    throw new GuildhallError('USAGE', `"${name}" is no model; there are ${EVALUATED_MODEL_NAMES.join(', ')}.`);
  });
}

interface Request {
  readonly models: readonly EvaluatedModelName[];
  readonly compress: CompressionRequest | undefined;
}

async function compression(
  models: readonly EvaluatedModelName[],
  names: readonly CompressedName[] | undefined,
): Promise<CompressionRequest | undefined> {
  if (names === undefined) return undefined;
  if (!models.includes('tower')) {
    const { GuildhallError } = await import('../../errors/index.js');
    throw new GuildhallError('USAGE', '--compress measures the tower, so tower must be among the models.');
  }
  return {
    precisions: names.filter((name) => name !== 'distilled'),
    distilled: names.includes('distilled') ? 'with' : 'without',
    now: () => performance.now(),
  };
}

async function evaluateFolder(
  folder: string,
  name: string,
  { models, compress }: Request,
  tell: (stage: string) => void,
): Promise<ReportedShop> {
  const { evaluate, loadEngine } = await import('../../recommender/index.js');
  const { labelledHash, streamRandom } = await import('../../crypto/index.js');
  const { readShopFolder } = await import('../../simulations/files.js');
  tell(`Reading ${folder} …`);
  const { shop, report } = await readShopFolder(folder, { now: Date.now() });
  const evaluation = await evaluate(shop, models, {
    engine: await loadEngine(),
    // Training coins protect nobody; fixed ones make the figures repeatable.
    random: streamRandom(labelledHash('guildhall/v1/evaluate')),
    compress,
    onModel: (model) => tell(`Evaluating ${model} …`),
    onProgress: (sentence) => tell(`${sentence} …`),
  });
  const { items, shoppers, events } = report.shop;
  const look = `guildhall data check --data ${folder}`;
  const refused = report.items.rows - report.items.used + report.events.rows - report.events.used;
  const notes = [
    ...(refused > 0 ? [`${refused} rows were refused; ${look} shows where they are.`] : []),
    ...report.anomalies.map(({ kind, count, action }) => `${kind} (${action}): ${count}; ${look} explains.`),
  ];
  return { name, data: { items, shoppers, events, evaluated: evaluation.shoppers }, evaluation, notes };
}

function jsonOf(shops: readonly ReportedShop[], summary: readonly MerchantsSummary[]): unknown {
  const one = ({ data, evaluation }: ReportedShop) => {
    const { longTailTargets, repeatedTargets, models, compression, unavailable } = evaluation;
    return {
      data: { ...data, longTailTargets, repeatedTargets },
      models,
      ...(compression === undefined ? {} : { compression }),
      unavailable,
    };
  };
  const [only] = shops;
  if (shops.length === 1 && only !== undefined) return one(only);
  return { merchants: shops.map((shop) => ({ name: shop.name, ...one(shop) })), summary };
}

function renderShop({ name, data, evaluation }: ReportedShop): string {
  const { models, compression, repeatedTargets } = evaluation;
  const headings = ['HR@10', 'NDCG@10', 'MRR@10', 'Precision@10', 'MAP@10', 'GAUC', 'coverage', 'Gini', 'long tail'];
  const repeats = repeatedTargets > 0 && repeatedTargets < 1 ? ['new', 'bought before'] : [];
  const rendered = renderTable(
    [
      { heading: 'model' },
      ...[...headings, ...repeats.map((range) => `NDCG, ${range}`)].map((heading) => ({
        heading,
        align: 'right' as const,
      })),
    ],
    models.map((row) => [
      row.model,
      ...[row.hr10, row.ndcg10, row.mrr10, row.precision10, row.map10, row.gauc].map((figure) => fixed(figure, 4)),
      ...[row.coverage10, row.gini10, row.longTail10].map((figure) => fixed(figure, 3)),
      ...repeats.map((range) => fixed(row.buckets.find((bucket) => bucket.range === range)?.ndcg10 ?? 0, 4)),
    ]),
  );
  const tables = compression === undefined ? rendered : `${rendered}\n\n${renderCompression(compression)}`;
  return [...(name === '' ? [] : [name]), basisOf(data, evaluation), tables].join('\n');
}

/** What the figures stand on, and how far chance moves them. */
function basisOf(data: ReportedShop['data'], { models, repeatedTargets }: ReportedShop['evaluation']): string {
  const { items, shoppers, events, evaluated } = data;
  const spread = Math.max(0, ...models.map(({ hr10 }) => Math.sqrt((hr10 * (1 - hr10)) / evaluated)));
  const bought = `${(100 * repeatedTargets).toFixed(1)} % of the targets they had bought before`;
  return `${evaluated} of ${shoppers} shoppers ranked for, ${items} items, ${events} events; ${bought}. Standard error of HR@10: up to ${fixed(spread, 4)}.`;
}

function renderSummary(summary: readonly MerchantsSummary[]): string[] {
  if (summary.length === 0) return [];
  const columns = ['mean NDCG@10', 'smaller half', 'larger half', 'worst'];
  return [
    renderTable(
      [
        { heading: 'model' },
        ...columns.map((heading) => ({ heading, align: 'right' as const })),
        { heading: 'worst merchant' },
      ],
      summary.map((row) => [
        row.model,
        ...[row.ndcg10, row.smaller, row.larger, row.worst.ndcg10].map((figure) => fixed(figure, 4)),
        row.worst.name,
      ]),
    ),
  ];
}

function nonEmptyList(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('It must be names separated by commas.');
  return [...new Set(names)];
}

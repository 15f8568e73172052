import { Option } from 'commander';
import type { Command } from 'commander';
import type { MerchantRanker, ServedItem, ServedRequest } from '../../client/index.js';
import { clientDirectory } from '../directories.js';
import { fixed } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Invocation } from '../invocation.js';
import type { Io } from '../io.js';
import { integer, optional, real, required, text } from '../options.js';
import { renderTable } from '../table.js';
import { clicksOf, placeList, serveExplored } from './client-explore.js';
import { list, openRanker as open, promotedItem, promotionOf } from './client-ranker.js';

interface Common {
  readonly dir: string;
  readonly count: number;
}

interface RecommendOptions extends Common {
  readonly shopper?: string;
  readonly items?: readonly string[];
  readonly category?: string;
  readonly only?: readonly string[];
  readonly exclude?: readonly string[];
  readonly inStock?: string;
  readonly diversity: number;
  readonly repeats?: true;
  readonly explore?: readonly number[];
  readonly clicks?: string;
}

interface SimilarOptions extends Common {
  readonly item?: string;
  readonly title?: string;
  readonly brand: string;
  readonly category: string;
}

const count = () => optional('--count <number>', 'how many results', integer({ min: 1, max: 1000 }), 10);

/** `guildhall client recommend | similar | search | answer`: the ranker over the merchant's own data, for one context. */
export function addClientRecommend(group: Command, io: Io): void {
  addCommand<RecommendOptions>(group, io, {
    usage: 'recommend',
    description: 'Recommend for a shopper, for a few clicks, or for someone new, with reasons. Nothing is sent.',
    options: [
      clientDirectory(),
      optional('--shopper <id>', "a shopper's id as it stands in the data", text),
      optional('--items <ids>', "items clicked so far, oldest first, instead of a shopper's history", list).conflicts(
        'shopper',
      ),
      optional('--category <path>', 'only items whose category begins with these words', text),
      optional('--only <ids>', 'only these items, those of a promotion say', list),
      optional('--exclude <ids>', 'not these items', list),
      optional('--in-stock <file>', 'only items of this CSV file, whose ids stand in the column item_id', text),
      new Option('--repeats', 'offer again what is about due, where validation says that this helps'),
      optional('--diversity <share>', 'what likeness to better items costs', real({ min: 0, max: 1 }), 0),
      optional('--explore <places>', 'places of the list, from 1, that try items by Thompson sampling', placeList),
      optional('--clicks <file>', 'what was clicked of explored lists: CSV with request_id and item_id', text),
      count(),
    ],
    notes:
      'Scores are the mix\'s. A re-ranker orders the first 60 beyond them, and "raised by" says where it did.\n\nAn explored list is first appended to impressions.jsonl in the state directory, with the probability of each place.\nIt stays there; guildhall client explore-report reads it.',
    async run(invocation, { dir, repeats, inStock, explore, clicks, ...given }) {
      const request = {
        ...given,
        ...(repeats === true ? { repeats: 'when-due' as const } : {}),
        ...(inStock === undefined ? {} : { inStock: await idsOf(inStock) }),
      };
      if (explore === undefined) return serve(invocation, dir, request);
      const taken = clicks === undefined ? undefined : await clicksOf(invocation, clicks);
      serveExplored(invocation, await open(invocation, dir), request, { places: explore, clicks: taken });
    },
  });

  addCommand<SimilarOptions>(group, io, {
    usage: 'similar',
    description:
      'Items that go with one item, by text and by what shoppers bought along with it; or with a new one, by its text alone. Nothing is sent.',
    options: [clientDirectory(), ...promotedItem(), count()],
    async run(invocation, { dir, count: most, ...given }) {
      const promotion = promotionOf(given);
      if ('item' in promotion) return serve(invocation, dir, { items: [promotion.item], count: most });
      const ranker = await open(invocation, dir);
      print(invocation, ranker, ranker.place(promotion.newItem, most));
    },
  });

  addCommand<Common & { readonly query: string; readonly shopper?: string }>(group, io, {
    usage: 'search',
    description: "Search the catalogue; equally good matches in the order of a shopper's taste. Nothing is sent.",
    options: [
      clientDirectory(),
      required('--query <words>', 'what is searched for, in any language', text),
      optional('--shopper <id>', "a shopper's id as it stands in the data", text),
      count(),
    ],
    run: (invocation, { dir, ...request }) => serve(invocation, dir, request),
  });

  addCommand<{ readonly answers: string; readonly query: string; readonly count: number }>(group, io, {
    usage: 'answer',
    description: 'Find the answers to a question among known questions and answers. Nothing is sent.',
    options: [
      required('--answers <file>', 'CSV with the columns question and answer', text),
      required('--query <question>', "a customer's question, in any language", text),
      optional('--count <number>', 'how many answers', integer({ min: 1, max: 100 }), 3),
    ],
    async run({ result, progress }, { answers, query, count: most }) {
      const { AnswerIndex, readAnswers } = await import('../../recommender/index.js');
      const { openFile } = await import('../../simulations/files.js');
      const { pairs, report } = await readAnswers(openFile(answers));
      if (report.used < report.rows) progress.say(`${report.rows - report.used} rows lack a question or an answer.`);
      const found = new AnswerIndex(pairs).find(query, most);
      result({ query, answers: found }, () =>
        found.length === 0
          ? 'No known question shares a word with this one.'
          : found.map((one) => `${fixed(one.relevance, 3)}  ${one.question}\n       ${one.answer}`).join('\n'),
      );
    },
  });
}

async function serve(invocation: Invocation, dir: string, request: ServedRequest): Promise<void> {
  const ranker = await open(invocation, dir);
  print(invocation, ranker, ranker.rank(request));
}

function print({ progress, result }: Invocation, ranker: MerchantRanker, results: readonly ServedItem[]): void {
  for (const note of ranker.notes) progress.say(note);
  result({ results, notes: ranker.notes }, () => render(results));
}

/** The ids of a file's column item_id. */
async function idsOf(file: string): Promise<string[]> {
  const { readItemIds } = await import('../../recommender/index.js');
  const { openFile } = await import('../../simulations/files.js');
  return (await readItemIds(openFile(file))).ids;
}

const NOTHING =
  'Nothing to show: no item matches the words or passes the filters, or the shopper has bought all that would. See --repeats.';

function render(results: readonly ServedItem[]): string {
  if (results.length === 0) return NOTHING;
  return renderTable(
    [{ heading: 'item' }, { heading: 'title' }, { heading: 'score', align: 'right' }, { heading: 'because' }],
    results.map(({ item, title, score, reasons }) => [item, title, fixed(score, 3), reasons.join('; ')]),
  );
}

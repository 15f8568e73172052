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

interface Common {
  readonly dir: string;
  readonly count: number;
}

interface RecommendOptions extends Common {
  readonly shopper?: string;
  readonly items?: readonly string[];
  readonly category?: string;
  readonly diversity: number;
  readonly repeats?: true;
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
      new Option('--repeats', 'offer again what is about due, where validation says that this helps'),
      optional('--diversity <share>', 'what likeness to better items costs', real({ min: 0, max: 1 }), 0),
      count(),
    ],
    run: (invocation, { dir, repeats, ...request }) =>
      serve(invocation, dir, { ...request, ...(repeats === true ? { repeats: 'when-due' as const } : {}) }),
  });

  addCommand<Common & { readonly item: string }>(group, io, {
    usage: 'similar',
    description: 'Items that go with one item, by text and by what shoppers bought along with it. Nothing is sent.',
    options: [clientDirectory(), required('--item <id>', 'an item of the catalogue', text), count()],
    run: (invocation, { dir, item, ...request }) => serve(invocation, dir, { ...request, items: [item] }),
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
  const { MerchantRanker: Opened } = await import('../../client/index.js');
  const { progress, result } = invocation;
  const ranker: MerchantRanker = await Opened.open({ dir, onProgress: ({ stage }) => progress.update(`${stage} …`) });
  const results = ranker.rank(request);
  for (const note of ranker.notes) progress.say(note);
  result({ results, notes: ranker.notes }, () => render(results));
}

function render(results: readonly ServedItem[]): string {
  if (results.length === 0) return 'Nothing passes.';
  return renderTable(
    [{ heading: 'item' }, { heading: 'title' }, { heading: 'score', align: 'right' }, { heading: 'because' }],
    results.map(({ item, title, score, reasons }) => [item, title, fixed(score, 3), reasons.join('; ')]),
  );
}

function list(value: string): string[] {
  return value.split(',').map((id) => id.trim());
}

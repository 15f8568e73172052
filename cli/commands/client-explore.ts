import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { ExplorationReport, MerchantRanker, ServedExploration, ServedRequest } from '../../client/index.js';
import { clientDirectory } from '../directories.js';
import { fixed, percent, signedPercent } from '../figures.js';
import { addCommand } from '../invocation.js';
import type { Invocation } from '../invocation.js';
import type { Io } from '../io.js';
import { required, text } from '../options.js';
import { renderPairs, renderTable } from '../table.js';

/** Parses places of a list: distinct whole numbers from 1, separated by commas. */
export function placeList(value: string): number[] {
  const places = value.split(',').map((part) => (/^\s*[1-9]\d{0,3}\s*$/.test(part) ? Number(part) : 0));
  if (places.includes(0)) throw new InvalidArgumentError('It must be places from 1, separated by commas.');
  if (new Set(places).size < places.length) throw new InvalidArgumentError('A place stands in it twice.');
  return places;
}

/** What a shop's clicks file holds, by request. */
export async function clicksOf(
  invocation: Invocation,
  file: string,
): Promise<NonNullable<ServedExploration['clicks']>> {
  const { readClicks } = await import('../../recommender/index.js');
  const { openFile } = await import('../../simulations/files.js');
  const { byRequest, report } = await readClicks(openFile(file));
  const refused = report === undefined ? 0 : report.rows - report.used;
  if (refused > 0) invocation.progress.say(`${refused} rows of the clicks lack an id or repeat an earlier one.`);
  return byRequest;
}

/** Serves an explored list and prints it with its propensities. */
export function serveExplored(
  { progress, result }: Invocation,
  ranker: MerchantRanker,
  request: ServedRequest,
  exploration: ServedExploration,
): void {
  const impression = ranker.explore(request, exploration);
  for (const note of ranker.notes) progress.say(note);
  const { damagedLines } = impression;
  if (damagedLines.length > 0) progress.say(`Lines ${damagedLines.join(', ')} of the log so far cannot be read.`);
  result({ ...impression, notes: ranker.notes }, () =>
    [
      `request ${impression.request}`,
      renderTable(
        [
          { heading: 'place', align: 'right' },
          { heading: 'item' },
          { heading: 'title' },
          { heading: 'propensity', align: 'right' },
          { heading: 'because' },
        ],
        impression.results.map(({ place, item, title, explored, propensity, reasons }) => [
          String(place),
          item,
          title,
          fixed(propensity, 4),
          [...(explored ? ['explored'] : []), ...reasons].join('; '),
        ]),
      ),
    ].join('\n'),
  );
}

/** `guildhall client explore-report`: what exploring costs and brings, from the log and the shop's clicks. */
export function addClientExploreReport(group: Command, io: Io): void {
  addCommand<{ readonly dir: string; readonly clicks: string }>(group, io, {
    usage: 'explore-report',
    description: 'Estimate from logged propensities and clicks what exploring costs and brings. Nothing is sent.',
    options: [
      clientDirectory(),
      required('--clicks <file>', 'CSV with the columns request_id and item_id, one row a click', text),
    ],
    async run({ result }, { dir, clicks }) {
      const { reportExploration } = await import('../../client/index.js');
      const { openFile } = await import('../../simulations/files.js');
      const report = await reportExploration({ dir, clicks: openFile(clicks) });
      result(report, () => render(report));
    },
  });
}

function render({ estimate, exploredPlaces, clicks, damagedLines }: ExplorationReport): string {
  const { requests, served, judged, difference, meanWeight, effectivePlaces } = estimate;
  const rate = ({ mean, low, high }: typeof served): string =>
    `${percent(mean)} [${percent(low)}, ${percent(high)}] at 95 %`;
  const change = { mean: -difference.mean, low: -difference.high, high: -difference.low };
  const bounds = `[${signedPercent(change.low)}, ${signedPercent(change.high)}]`;
  return [
    renderPairs([
      ['requests', `${requests}, with ${exploredPlaces} explored places`],
      ['clicks', `${clicks.explored} on explored places, ${clicks.ranked} on others, ${clicks.unknown} not in the log`],
      ['as served', rate(served)],
      ['as ranked', `${rate(judged)}, estimated by inverse propensities`],
      ['exploring brings', `${signedPercent(change.mean)} ${bounds} of a click a place, in points`],
      [
        'worth',
        `${fixed(effectivePlaces, 0)} places as ranked; weights average ${fixed(meanWeight, 3)}, which should be 1`,
      ],
    ]),
    ...(damagedLines.length > 0
      ? [`Lines ${damagedLines.join(', ')} of the log cannot be read and are left out.`]
      : []),
    'Clicks are taken to depend on an item and its place only. Trust the intervals from some hundred places on.',
  ].join('\n');
}

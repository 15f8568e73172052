/**
 * `npm run -s bench -- ranking`: what one request to the ranker costs, on one thread. `-- vector-index`: the index for
 * catalogues that are too large to compare with.
 *
 * Imports recommender/, client/'s order of results and crypto/'s coins, and invents its data; nothing in it is real.
 */
import { Command } from 'commander';
import { integer } from '../../cli/options.js';
import { createProgress } from '../../cli/progress.js';
import { measureIndex } from './vector-index.js';
import type { IndexFigures } from './vector-index.js';
import { measureRanking } from './measure.js';
import type { Latency, Quantiles, RankingFigures, RankingOptions } from './measure.js';

/** The `ranking` subcommand. */
export function rankingCommand(): Command {
  return new Command('ranking')
    .description('one request to the ranker over an invented catalogue: milliseconds, and what candidates miss')
    .option('--items <count>', 'items of the catalogue', integer({ min: 1000, max: 100_000 }), 18_000)
    .option('--shoppers <count>', 'shoppers whose purchases are counted', integer({ min: 100, max: 200_000 }), 20_000)
    .option('--requests <count>', 'requests that are timed', integer({ min: 100, max: 100_000 }), 2000)
    .option('--json', 'print JSON')
    .action(async ({ json, ...options }: RankingOptions & { readonly json?: true }) => {
      const progress = createProgress(process.stderr);
      const figures = await measureRanking(options, (stage) => progress.update(stage));
      progress.end();
      process.stdout.write(`${json === true ? JSON.stringify(figures, null, 2) : render(figures)}\n`);
    });
}

/** The `vector-index` subcommand. */
export function vectorIndexCommand(): Command {
  return new Command('vector-index')
    .description('an index over generated vectors: recall of the ten nearest and milliseconds, by the lists looked at')
    .option('--vectors <count>', 'vectors of 64 dimensions', integer({ min: 1000, max: 4_000_000 }), 1_000_000)
    .option('--json', 'print JSON')
    .action(async ({ json, vectors }: { readonly vectors: number; readonly json?: true }) => {
      const progress = createProgress(process.stderr);
      const figures = await measureIndex(vectors, (stage) => progress.update(stage));
      progress.end();
      process.stdout.write(`${json === true ? JSON.stringify(figures, null, 2) : renderIndex(figures)}\n`);
    });
}

function renderIndex({ vectors, dimensions, lists, buildSeconds, byProbes }: IndexFigures): string {
  return [
    `${vectors} generated vectors of ${dimensions} dimensions in ${lists} lists, built in ${buildSeconds.toFixed(0)} s`,
    ...byProbes.map(
      ({ probes, recall10, milliseconds }) =>
        `${probes} lists: recall of the ten nearest ${(100 * recall10).toFixed(1)} %, ${describe(milliseconds)}`,
    ),
  ].join('\n');
}

function render({ items, requests, milliseconds, recall10 }: RankingFigures): string {
  return [
    `${items} invented items, ${requests} requests, one thread`,
    `ten results with reasons: ${describe(milliseconds.plain)}`,
    `the same in the re-ranker’s order: ${describe(milliseconds.reranked)}`,
    `with MMR instead: ${describe(milliseconds.diverse)}`,
    `the best ten of the whole catalogue that are among them: ${(100 * recall10).toFixed(1)} %`,
  ].join('\n');
}

const describe = ({ processor, ...passed }: Latency): string =>
  `${inWords(passed)}; processor time ${inWords(processor)}`;

const inWords = ({ p50, p95, p99 }: Quantiles): string =>
  `p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

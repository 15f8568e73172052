/**
 * `npm run -s bench -- noise-removal`: the noise left in a released sum by strategy and by survivors, as measured on drawn
 * noise, and what taking the excess out costs the coordinator.
 */
import { Command } from 'commander';
import { integer, optional } from '../../cli/options.js';
import { osRandom, quorums, streamRandom } from '../../crypto/index.js';
import { NoiseSampler, noiseShare, remainingNoise, removableShares, sampleNoise } from '../../privacy/index.js';
import type { GaussianReleaseNoise, NoiseShare, RosterNoise } from '../../privacy/index.js';

interface Setting {
  readonly merchants: number;
  readonly colluders: number;
  /** U_min of the contract; max(this, T) counts. */
  readonly minimumSurvivors: number;
  readonly dimension: number;
}

/** One number of survivors. Variances are over the variance that the contract claims. */
interface RemovalFigures {
  readonly survivors: number;
  readonly worstCase: number;
  readonly removable: number;
  /** What the formulas say, beside what was measured. */
  readonly expected: { readonly worstCase: number; readonly removable: number };
  /** CPU seconds of drawing again what is taken out of the sum. */
  readonly removalSeconds: number;
}

/** Wide enough for every component, as a contract's own scale would make it. */
const NOISE: GaussianReleaseNoise = { mechanism: 'gaussian', noiseMultiplier: 1, sensitivity: 1e5 };

/** Draws both strategies' noise for every accepted number of survivors. */
export function measureRemoval({ merchants, colluders, minimumSurvivors, dimension }: Setting): RemovalFigures[] {
  const roster: RosterNoise = { merchants, ...quorumOf({ merchants, colluders, minimumSurvivors }) };
  const worst = noiseShare({ ...NOISE, ...roster });
  const components = removableShares(NOISE, roster);
  const counts = Array.from({ length: merchants - roster.minimumSurvivors + 1 }, (_, missing) => merchants - missing);
  return counts.map((survivors): RemovalFigures => {
    const missing = merchants - survivors;
    const removable = components.slice(0, missing + 1);
    return {
      survivors,
      worstCase: measured([worst], survivors, dimension),
      removable: measured(removable, survivors, dimension),
      expected: {
        worstCase: rounded(survivors / (roster.minimumSurvivors - colluders)),
        removable: rounded(remainingNoise(roster, { survivors, removed: survivors })),
      },
      removalSeconds: removalTime(components.slice(missing + 1), survivors, dimension),
    };
  });
}

function quorumOf(round: { merchants: number; colluders: number; minimumSurvivors: number }) {
  return { colluders: round.colluders, minimumSurvivors: quorums(round).minimumSurvivors };
}

/** Mean square of the survivors' noise together, over the claimed variance. */
function measured(shares: readonly NoiseShare[], survivors: number, dimension: number): number {
  const total = new Float64Array(dimension);
  for (let merchant = 0; merchant < survivors; merchant++) {
    for (const share of shares) {
      const noise = sampleNoise(share, dimension, streamRandom(osRandom.bytes(32)));
      for (let i = 0; i < dimension; i++) total[i] = (total[i] ?? 0) + (noise[i] ?? 0);
    }
  }
  const claimed = (NOISE.noiseMultiplier * NOISE.sensitivity) ** 2;
  return rounded(total.reduce((squares, value) => squares + value * value, 0) / dimension / claimed);
}

function removalTime(components: readonly NoiseShare[], survivors: number, dimension: number): number {
  const before = process.cpuUsage();
  for (let merchant = 0; merchant < survivors; merchant++) {
    for (const share of components)
      new NoiseSampler(share, streamRandom(osRandom.bytes(32)), dimension).next(dimension);
  }
  const { user, system } = process.cpuUsage(before);
  return rounded((user + system) / 1e6);
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The `noise-removal` subcommand. */
export function noiseRemovalCommand(): Command {
  return new Command('noise-removal')
    .description('noise left in a sum by strategy and survivors, and what removal costs')
    .addOption(optional('--merchants <n>', 'merchants in the roster', integer({ min: 4 }), 8))
    .addOption(optional('--colluders <c>', 'tolerated colluders', integer({ min: 1 }), 2))
    .addOption(
      optional('--minimum-survivors <u>', "the contract's fewest survivors; at least T counts", integer({ min: 3 }), 3),
    )
    .addOption(optional('--dimension <d>', 'coordinates', integer({ min: 1 }), 50_000))
    .option('--json', 'print the figures as JSON')
    .action(({ json, ...setting }: Setting & { json?: true }) => {
      const figures = measureRemoval(setting);
      process.stdout.write(json === true ? `${JSON.stringify({ ...setting, figures })}\n` : describe(setting, figures));
    });
}

function describe({ merchants, colluders, dimension }: Setting, figures: readonly RemovalFigures[]): string {
  const lines = figures.map(
    ({ survivors, worstCase, removable, expected, removalSeconds }) =>
      `${String(survivors).padStart(9)}  ${worstCase.toFixed(3)} (${expected.worstCase.toFixed(3)})  ${removable.toFixed(3)} (${expected.removable.toFixed(3)})  ${removalSeconds.toFixed(3)} s\n`,
  );
  return `${merchants} merchants, ${colluders} colluders, ${dimension} coordinates; noise variance over what is claimed, measured (by formula)
survivors  worst case     removable      removal
${lines.join('')}`;
}

/**
 * `npm run -s bench -- sampler`: samples a second of CPU time by standard deviation, for each exact sampler, and the ratio to
 * a floating-point Gaussian by Box and Muller over the same generator in the same run. That one is fast and wrong: its low
 * bits tell the noise (Mironov 2012), so it is here as a measure only.
 */
import { Command } from 'commander';
import { integer, optional } from '../../cli/options.js';
import { osRandom, streamRandom } from '../../crypto/index.js';
import {
  Coins,
  discreteGaussianVariance,
  dyadicExponent,
  polyaTerms,
  sampleDiscreteGaussian,
  sampleDiscreteLaplace,
  samplePolya,
  sampleSkellam,
  skellamTerms,
} from '../../privacy/index.js';

/** One sampler at one width. */
interface SamplerFigures {
  readonly sampler: string;
  /** Standard deviation in quanta. */
  readonly sigma: number;
  readonly samplesPerSecond: number;
  /** Samples a second over those of the floating-point Gaussian, measured in turns with it. */
  readonly ratioToFloatingPoint: number;
}

type Draw = (coins: Coins) => number;

/** Not whole, so that the variances are no powers of two. */
const DEVIATIONS = [3, 10, 33.3, 100, 1e3, 1e4, 1e5, 1e6] as const;
const RUNS = 3;
/** The least decay that a contract can ask for. */
const LEAST_DECAY = 2 ** -22;

const SAMPLERS: Readonly<Record<string, (sigma: number) => Draw | undefined>> = {
  'discrete-gaussian': (sigma) => {
    const variance = discreteGaussianVariance(sigma * sigma);
    return (coins) => sampleDiscreteGaussian(coins, variance);
  },
  'discrete-laplace': (sigma) => {
    const exponent = dyadicExponent(laplaceDecay(sigma * sigma));
    return (coins) => sampleDiscreteLaplace(coins, exponent);
  },
  skellam: (sigma) => {
    const terms = skellamTerms(sigma * sigma);
    return (coins) => sampleSkellam(coins, terms);
  },
  'polya-difference-2': polyaDifference(2),
  'polya-difference-4': polyaDifference(4),
  'polya-difference-100': polyaDifference(100),
};

/** γ of a discrete Laplace of a variance: 2α/(1−α)² = 1/(cosh γ − 1). */
function laplaceDecay(variance: number): number {
  return Math.acosh(1 + 1 / variance);
}

/** One of m shares of Laplace noise; none where the noise that they add up to is too wide. */
function polyaDifference(shares: number): (sigma: number) => Draw | undefined {
  return (sigma) => {
    const decay = laplaceDecay(shares * sigma * sigma);
    if (decay < LEAST_DECAY) return undefined;
    const terms = polyaTerms(shares, dyadicExponent(decay));
    return (coins) => samplePolya(coins, terms) - samplePolya(coins, terms);
  };
}

/** Two values a pair of uniforms would do; one is what a sampler without memory has. */
function floatingPoint(sigma: number): Draw {
  return (coins) => {
    const radius = Math.sqrt(-2 * Math.log((coins.word() + 1) * 2 ** -32));
    return sigma * radius * Math.cos(2 * Math.PI * coins.word() * 2 ** -32);
  };
}

/** Measures every sampler at every width. @param samples how many to draw in one run */
export function measureSamplers(samples: number): SamplerFigures[] {
  const coins = new Coins(streamRandom(osRandom.bytes(32)));
  return Object.entries(SAMPLERS).flatMap(([sampler, of]) =>
    DEVIATIONS.flatMap((sigma): SamplerFigures[] => {
      const draw = of(sigma);
      if (draw === undefined) return [];
      const reference = floatingPoint(sigma);
      speed(draw, coins, samples / 4);
      speed(reference, coins, samples / 4);
      const runs = Array.from({ length: RUNS }, () => ({
        exact: speed(draw, coins, samples),
        inexact: speed(reference, coins, samples),
      }));
      const samplesPerSecond = Math.round(median(runs.map(({ exact }) => exact)));
      const ratio = median(runs.map(({ exact, inexact }) => exact / inexact));
      return [{ sampler, sigma, samplesPerSecond, ratioToFloatingPoint: Math.round(1000 * ratio) / 1000 }];
    }),
  );
}

/** Draws a CPU second. */
function speed(draw: Draw, coins: Coins, samples: number): number {
  const before = process.cpuUsage();
  let sink = 0;
  for (let i = 0; i < samples; i++) sink += draw(coins);
  const { user, system } = process.cpuUsage(before);
  if (Number.isNaN(sink)) throw new Error('a sampler gave no number');
  return (1e6 * samples) / (user + system);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** The `sampler` subcommand. */
export function samplerCommand(): Command {
  return new Command('sampler')
    .description('exact noise samplers: samples a second by width, beside a floating-point Gaussian')
    .addOption(optional('--samples <n>', 'samples of one run', integer({ min: 1 }), 200_000))
    .option('--json', 'print the figures as JSON')
    .action(({ samples, json }: { samples: number; json?: true }) => {
      const figures = measureSamplers(samples);
      process.stdout.write(json === true ? `${JSON.stringify({ samples, figures })}\n` : table(figures));
    });
}

const table = (figures: readonly SamplerFigures[]): string =>
  figures
    .map(
      ({ sampler, sigma, samplesPerSecond, ratioToFloatingPoint }) =>
        `${sampler.padEnd(20)} σ ${String(sigma).padEnd(8)} ${(samplesPerSecond / 1e6).toFixed(2).padStart(6)} M/s  ${ratioToFloatingPoint.toFixed(2)} of floating point\n`,
    )
    .join('');

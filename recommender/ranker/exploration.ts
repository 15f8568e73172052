import { standardNormal, uniform } from '../random.js';
import type { RandomSource } from '../random.js';
import { placeProbabilities } from './place-probabilities.js';
import type { Beta } from './place-probabilities.js';

/** What a merchant has seen of one item in an exploring slot. */
export interface ArmFeedback {
  readonly shown: number;
  /** Of those, how often it was clicked or bought. */
  readonly taken: number;
}

/** Exploration of a ranked list. */
export interface ExplorationOptions {
  /** Places, from 0, that are given to exploration; the others stay as ranked. */
  readonly slots: readonly number[];
  /** What was seen of an item so far; nothing where it was never shown. */
  readonly feedback: (item: number) => ArmFeedback | undefined;
  readonly random: RandomSource;
  /** Successes and failures, at least ½ each, assumed of an item before anything is seen. @default { taken: 1, refused: 19 } */
  readonly prior?: Beta;
}

/** One place of an explored list. */
export interface ExploredPlace {
  readonly item: number;
  /** The item that the ranker had here; what a policy that never explores would show. */
  readonly ranked: number;
  /** Whether the place was given to exploration. */
  readonly explored: boolean;
  /**
   * Probability with which this item came to this place, to be logged with the impression for later off-policy
   * estimates: 1 for places as ranked, else above 0 (see {@link placeProbabilities}).
   */
  readonly propensity: number;
}

const DEFAULT_PRIOR: Beta = { taken: 1, refused: 19 };
/** What is less probable does not happen; it only keeps a propensity from being 0 by rounding. */
const LEAST_PROPENSITY = 1e-12;

/**
 * Thompson sampling (Thompson 1933; Chapelle and Li 2011) over some places of a list: each candidate's rate of success is
 * drawn from its Beta posterior, and each exploring place takes the candidate with the greatest draw that is not yet
 * in the list.
 *
 * @param ranked the list as the ranker has it; its items keep the places that do not explore
 * @param candidates whom exploring places may take; the displaced items of `ranked` are always among them
 * @throws RangeError for a slot outside the list, or named twice, or a prior below ½
 */
export function explore(
  ranked: readonly number[],
  candidates: readonly number[],
  options: ExplorationOptions,
): ExploredPlace[] {
  const { taken, refused } = options.prior ?? DEFAULT_PRIOR;
  if (!(taken >= 0.5 && refused >= 0.5))
    throw new RangeError('A prior needs half a success and half a failure at least.');
  const slots = new Set(options.slots);
  const valid = (slot: number): boolean => Number.isInteger(slot) && slot >= 0 && slot < ranked.length;
  if (slots.size !== options.slots.length || !options.slots.every(valid)) {
    throw new RangeError(`Exploring places must be distinct and from 0 to ${ranked.length - 1}.`);
  }
  const kept = new Set(ranked.filter((_, place) => !slots.has(place)));
  const arms = [...new Set([...ranked, ...candidates])].filter((item) => !kept.has(item));
  const posteriors = arms.map((item) => posterior(options, item));
  const chosen = choose(posteriors, slots.size, options.random);
  const propensities = placeProbabilities(posteriors, chosen);
  const ordered = [...slots].sort((a, b) => a - b);
  return ranked.map((item, place) => {
    const position = ordered.indexOf(place);
    if (position < 0) return { item, ranked: item, explored: false, propensity: 1 };
    const propensity = Math.max(LEAST_PROPENSITY, propensities[position] ?? 0);
    return { item: arms[chosen[position] ?? 0] ?? item, ranked: item, explored: true, propensity };
  });
}

function posterior({ feedback, prior = DEFAULT_PRIOR }: ExplorationOptions, item: number): Beta {
  const { shown, taken } = feedback(item) ?? { shown: 0, taken: 0 };
  return { taken: prior.taken + taken, refused: prior.refused + Math.max(0, shown - taken) };
}

/** The arms with the greatest draws, greatest first. */
function choose(posteriors: readonly Beta[], count: number, random: RandomSource): number[] {
  const draws = posteriors.map(({ taken, refused }, arm) => ({ arm, rate: drawBeta(taken, refused, random) }));
  return draws
    .sort((a, b) => b.rate - a.rate)
    .slice(0, count)
    .map(({ arm }) => arm);
}

/** Beta(a, b) as a ratio of gamma variates. */
function drawBeta(a: number, b: number, random: RandomSource): number {
  const x = drawGamma(a, random);
  return x / (x + drawGamma(b, random));
}

/** Gamma(shape, 1) by rejection (Marsaglia and Tsang 2000); a shape below 1 by their boost. */
function drawGamma(shape: number, random: RandomSource): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - uniform(random)) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = standardNormal(random);
    const cube = (1 + c * normal) ** 3;
    if (cube <= 0) continue;
    const u = 1 - uniform(random);
    if (Math.log(u) < 0.5 * normal * normal + d - d * cube + d * Math.log(cube)) return d * cube;
  }
}

import { GuildhallError } from '../../errors/index.js';
import { countSensitivity } from '../../privacy/index.js';
import type { CountsRelease } from '../../proto/index.js';
import type { RoundTerms } from '../contract/terms.js';
import type { Release } from './task.js';

/** Whether a task adds up whole units on public cells: such sums are not scaled, and bounded in L1 norm. */
export function isCount({ $case }: RoundTerms['task']): boolean {
  return $case === 'neighbourCounts' || $case === 'itemCounts';
}

/** K. Without noise the clip norm stands in for it. */
export function unitsAShopper({ mechanism }: RoundTerms): number {
  return mechanism.kind === 'laplace' ? mechanism.l1Bound : Math.floor(mechanism.clipNorm);
}

/** What a counts model has released before its first round. */
export const NO_COUNTS: CountsRelease = { counts: [], l1Bound: 0, alpha: 0, noiseShape: 0, releases: 0 };

/**
 * Checks what a released model says of its counts, before anything is read from them.
 * @param cells public cells of the model
 * @returns the release; undefined where none was yet
 * @throws GuildhallError MODEL_MALFORMED
 */
export function checkedRelease(release: CountsRelease | undefined, cells: number): CountsRelease | undefined {
  if (release === undefined || release.counts.length === 0) return undefined;
  const { counts, l1Bound, alpha, noiseShape, releases } = release;
  const isNoise = alpha === 0 || (alpha > 0 && alpha < 1 && noiseShape >= 1 && Number.isFinite(noiseShape));
  if (counts.length === cells && isNoise && l1Bound >= 1 && releases >= 1) return release;
  throw new GuildhallError(
    'MODEL_MALFORMED',
    `A release of ${counts.length} counts for ${cells} cells cannot be the sum of ${releases}, with K = ${l1Bound} and noise of alpha ${alpha} and shape ${noiseShape}.`,
  );
}

/**
 * What a round's sum makes of what was released before. Noise of one alpha adds up to noise of that alpha, with the shapes
 * added, so a release of the same terms is added to those of earlier periods: the sum knows more than the newest alone.
 * Counts under other terms do not go together, and the newest replaces them.
 */
export function withRelease(
  before: CountsRelease,
  { terms, sum, noiseRatio }: Pick<Release, 'terms' | 'sum' | 'noiseRatio'>,
): CountsRelease {
  const l1Bound = unitsAShopper(terms);
  const alpha = decayOf(terms);
  const noiseShape = alpha > 0 ? noiseRatio : 0;
  const addsUp = before.counts.length === sum.length && before.alpha === alpha && before.l1Bound === l1Bound;
  if (!addsUp) return { counts: [...sum], l1Bound, alpha, noiseShape, releases: 1 };
  return {
    counts: Array.from(sum, (count, cell) => count + (before.counts[cell] ?? 0)),
    l1Bound,
    alpha,
    noiseShape: noiseShape + before.noiseShape,
    releases: before.releases + 1,
  };
}

/** α of the noise, e^(−ε/Δ) as it is drawn; 0 without noise. */
function decayOf({ mechanism, shopperMultiplicity: merchantsPerShopper }: RoundTerms): number {
  if (mechanism.kind !== 'laplace') return 0;
  const { l1Bound, epsilonNumerator, epsilonDenominator } = mechanism;
  return Math.exp(-epsilonNumerator / (epsilonDenominator * countSensitivity({ l1Bound, merchantsPerShopper })));
}

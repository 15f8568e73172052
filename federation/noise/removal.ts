import { streamRandom } from '../../crypto/index.js';
import { NoiseSampler, remainingNoise, removableShares } from '../../privacy/index.js';
import type { NoiseShare } from '../../privacy/index.js';
import { quantisationOf } from '../codec/quantisation.js';
import type { RoundTerms } from '../contract/terms.js';
import { chainLink, COMPONENT_KEY_BYTES } from './component-chain.js';
import { rosterNoise } from './roster.js';

/** A sum that has been unmasked, and what came with R4. */
export interface RevealedRound {
  readonly terms: RoundTerms;
  /** n = |U1|. */
  readonly rosterSize: number;
  /** U3. */
  readonly survivors: readonly string[];
  /** What survivors attached to R4, by name. Who attached nothing, or nothing that is a key, leaves its noise in. */
  readonly attachments: ReadonlyMap<string, Uint8Array>;
}

/** Coordinates between two turns: some ten milliseconds of sampling. */
const SLICE = 2 ** 15;

/**
 * Takes the excess noise out of an unmasked sum, in place: draws every revealed component again and subtracts it. Yields
 * between slices, so that the caller can give others their turn; |U3|·(D − d)·d values are drawn in all.
 *
 * A wrong key subtracts noise that was never added; its sender could have put the same into its vector.
 * @param sum d words modulo 2^w
 * @returns how many survivors' excess is out
 */
export function* removeExcessNoise(sum: Uint32Array, round: RevealedRound): Generator<void, number, void> {
  const keys = revealedKeys(round);
  const components = excessComponents(round);
  for (const revealed of keys) {
    let key: Uint8Array = revealed.slice();
    for (const component of components) {
      const { seed, next } = chainLink(key);
      yield* subtract(sum, component, seed, round.terms.ringBits);
      key = next;
    }
  }
  return keys.length;
}

/**
 * The noise in the sum over the noise that the contract claims, as variances (of counts: as Pólya parameters), after that
 * many survivors' excess has been taken out.
 */
export function noiseRatio({ terms, rosterSize, survivors }: RevealedRound, removed: number): number {
  const { minimumSurvivors, colluders } = terms.roster;
  return terms.noiseStrategy === 'worst-case'
    ? survivors.length / (minimumSurvivors - colluders)
    : remainingNoise(rosterNoise(terms, rosterSize), { survivors: survivors.length, removed });
}

function revealedKeys({ terms, survivors, attachments }: RevealedRound): Uint8Array[] {
  if (terms.noiseStrategy === 'worst-case') return [];
  return survivors.flatMap((merchant) => {
    const key = attachments.get(merchant);
    return key?.length === COMPONENT_KEY_BYTES ? [key] : [];
  });
}

/** The shares of components j > d. */
function excessComponents({ terms, rosterSize, survivors }: RevealedRound): readonly NoiseShare[] {
  const { noise } = quantisationOf(terms);
  if (noise === undefined || terms.noiseStrategy === 'worst-case') return [];
  const [, ...removable] = removableShares(noise, rosterNoise(terms, rosterSize));
  return removable.slice(rosterSize - survivors.length);
}

function* subtract(
  sum: Uint32Array,
  component: NoiseShare,
  seed: Uint8Array,
  ringBits: number,
): Generator<void, void, void> {
  const mask = ringBits === 32 ? 0xffffffff : 2 ** ringBits - 1;
  const sampler = new NoiseSampler(component, streamRandom(seed), sum.length);
  for (let from = 0; from < sum.length; from += SLICE) {
    const part = sum.subarray(from, from + SLICE);
    const noise = sampler.next(part.length);
    for (let i = 0; i < part.length; i++) part[i] = ((part[i] ?? 0) - (noise[i] ?? 0)) & mask;
    yield;
  }
}

import { osRandom } from '../../../crypto/index.js';
import { quantisationOf, removeExcessNoise } from '../../../federation/index.js';
import type { RoundTerms } from '../../../federation/index.js';
import { drawNoise } from '../../../federation/noise/drawing.js';

/** What a merchant puts into a round. */
export interface Contribution {
  /** Its vector, d words, with whatever noise its merchant adds. */
  readonly vector: Uint32Array;
  /** Where surplus noise can be taken out: the key from which it follows. */
  readonly componentKey?: Uint8Array;
}

/** A merchant's vector: what an attack is after. Another one each time that it is asked for. */
export function vectorOf(merchant: string, dimension: number, time = 0): Uint32Array {
  const seed = Number(merchant.slice(1)) + 1 + 100 * time;
  return Uint32Array.from({ length: dimension }, (_, index) => Math.imul(seed, 2_654_435_761) + index);
}

/** A merchant's contribution: noisy only where an attack is after the noise, which is where its surplus can be taken out. */
export function contributionOf(
  merchant: string,
  terms: RoundTerms,
  options: { readonly rosterSize?: number | undefined; readonly time?: number } = {},
): Contribution {
  const vector = vectorOf(merchant, terms.dimension, options.time);
  if (terms.noiseStrategy === 'worst-case') return { vector };
  const quantisation = quantisationOf(terms);
  const drawn = drawNoise({ terms, quantisation, rosterSize: options.rosterSize, random: osRandom });
  drawn.values?.forEach((noise, index) => (vector[index] = (vector[index] ?? 0) + noise));
  return { vector, ...(drawn.componentKey === undefined ? {} : { componentKey: drawn.componentKey }) };
}

/**
 * Takes surplus noise out of a sum.
 *
 * @param keys by merchant, as they were revealed when everybody was there
 * @param roster everybody
 */
export function withoutSurplus(
  sum: Uint32Array,
  keys: ReadonlyMap<string, Uint8Array>,
  round: { readonly terms: RoundTerms; readonly roster: readonly string[] },
): Uint32Array {
  const { terms, roster } = round;
  const rest = sum.slice();
  const work = removeExcessNoise(rest, { terms, rosterSize: roster.length, survivors: roster, attachments: keys });
  while (work.next().done !== true);
  return rest;
}

import { streamRandom } from '../../crypto/index.js';
import { removableShares, sampleNoise } from '../../privacy/index.js';
import type { RandomSource } from '../../privacy/index.js';
import type { Quantisation } from '../codec/quantisation.js';
import type { RoundTerms } from '../contract/terms.js';
import { chainLink, COMPONENT_KEY_BYTES } from './component-chain.js';
import { rosterNoise } from './roster.js';

/** One merchant's noise for one round. */
export interface DrawnNoise {
  /** d values in quanta; undefined where the contract has no noise. */
  readonly values: Int32Array | undefined;
  /** The chain's key of component 1, where excess can be taken out; secret until then. */
  readonly componentKey?: Uint8Array;
}

/**
 * Draws a merchant's whole noise: the worst case's share at once, or component 0 from the merchant's own coins and every
 * further one from its seed. With D components that is D + 1 times the work.
 * @param round.rosterSize n = |U1|; needed where excess noise is removable
 * @throws TypeError without it
 */
export function drawNoise(round: {
  readonly terms: RoundTerms;
  readonly quantisation: Quantisation;
  readonly rosterSize: number | undefined;
  readonly random: RandomSource;
}): DrawnNoise {
  const { terms, quantisation, rosterSize, random } = round;
  const { dimension } = terms;
  const { noise, share } = quantisation;
  if (noise === undefined || share === undefined) return { values: undefined };
  if (terms.noiseStrategy === 'worst-case') return { values: sampleNoise(share, dimension, random) };
  if (rosterSize === undefined) throw new TypeError('removable noise is drawn for a roster that is known');
  const [kept, ...removable] = removableShares(noise, rosterNoise(terms, rosterSize));
  const values = sampleNoise(kept, dimension, random);
  const componentKey = random.bytes(COMPONENT_KEY_BYTES);
  let key: Uint8Array = componentKey.slice();
  for (const component of removable) {
    const { seed, next } = chainLink(key);
    const drawn = sampleNoise(component, dimension, streamRandom(seed));
    for (let i = 0; i < dimension; i++) values[i] = (values[i] ?? 0) + (drawn[i] ?? 0);
    key.fill(0);
    seed.fill(0);
    drawn.fill(0);
    key = next;
  }
  key.fill(0);
  return { values, componentKey };
}

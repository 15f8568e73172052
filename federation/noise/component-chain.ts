import { streamRandom } from '../../crypto/index.js';

/** Bytes of a key of the chain, and of a component's seed. */
export const COMPONENT_KEY_BYTES = 32;

/** What one key of the chain gives. */
export interface ChainLink {
  /** Seed of this component's noise, 32 bytes. */
  readonly seed: Uint8Array;
  /** The next component's key, 32 bytes. */
  readonly next: Uint8Array;
}

/**
 * A forward-secure generator (Bellare and Yee 2003): key j gives component j's seed and key j + 1, both as AES-256-CTR key
 * stream. Whoever is given key j can draw components j, j + 1, …, and learns nothing of the components before, so that one
 * key of 32 bytes reveals all excess noise and no more, however many merchants there are.
 * @param key 32 bytes; the caller keeps and erases it
 */
export function chainLink(key: Uint8Array): ChainLink {
  const stream = streamRandom(key);
  return { seed: stream.bytes(COMPONENT_KEY_BYTES), next: stream.bytes(COMPONENT_KEY_BYTES) };
}

/** The key `steps` further along the chain; a copy for 0. */
export function keyAfter(key: Uint8Array, steps: number): Uint8Array {
  let current: Uint8Array = key.slice();
  for (let step = 0; step < steps; step++) {
    const { seed, next } = chainLink(current);
    seed.fill(0);
    current.fill(0);
    current = next;
  }
  return current;
}

// As in the thread's entry, which imports this: nothing but masks.
import { MASK_KEY_BYTES } from '../../crypto/mask.js';
import type { Mask } from '../../crypto/mask.js';

/** What one thread is asked: to add or take away masks in a part of a sum. All of its memory goes over to the thread. */
export interface PartRequest {
  readonly id: number;
  /** The part's words. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** The coordinate at which the part begins. */
  readonly from: number;
  /** w. */
  readonly ringBits: number;
  /** One after another, 32 bytes each. */
  readonly keys: Uint8Array<ArrayBuffer>;
  readonly signs: Int8Array<ArrayBuffer>;
}

/** The part with the masks applied, or why there is none. */
export type PartAnswer =
  { readonly id: number; readonly words: Uint32Array<ArrayBuffer> } | { readonly id: number; readonly failure: string };

/** Copies masks side by side. */
export function packMasks(masks: readonly Mask[]): Pick<PartRequest, 'keys' | 'signs'> {
  const keys = new Uint8Array(MASK_KEY_BYTES * masks.length);
  masks.forEach(({ key }, index) => keys.set(key, MASK_KEY_BYTES * index));
  return { keys, signs: Int8Array.from(masks, ({ sign }) => sign) };
}

/** The masks of a request; their keys are its memory. */
export function unpackMasks({ keys, signs }: Pick<PartRequest, 'keys' | 'signs'>): Mask[] {
  return Array.from(signs, (sign, index) => ({
    key: keys.subarray(MASK_KEY_BYTES * index, MASK_KEY_BYTES * (index + 1)),
    sign: sign > 0 ? 1 : -1,
  }));
}

import type { TiledLaw } from '../../../privacy/noise/tiling.js';

const PRECISION = 300;

/** A double in 2^0 … 2^−247, as units of 2^−300. */
const exactly = (value: number): bigint => BigInt(value * 2 ** PRECISION);

/**
 * By how much a weight's double is off, relative to the weight that integers give; for a weight given as 0, the weight.
 * @throws Error if the integers leave the weight open
 */
export function weightError(law: TiledLaw, k: number): { readonly relative: number; readonly neglected: number } {
  const { low, high } = law.weightBounds(k, PRECISION);
  const weight = law.weight(k);
  if (weight === 0) return { relative: 0, neglected: Number(high) * 2 ** -PRECISION };
  if (low > high || (high - low) << 64n > low) throw new Error(`the weight of ${k} is left open`);
  const distance = exactly(weight) - low;
  return { relative: Math.abs(Number(distance)) / Number(low), neglected: 0 };
}

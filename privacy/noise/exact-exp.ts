/** e^−x between integers, for the rare comparison that doubles cannot decide. */

/** So many bits more than asked for; the squarings lose as many as x has. */
const GUARD_BITS = 32;

/**
 * Integers with low ≤ 2^precision·e^−x ≤ high for x = numerator/2^shift: the alternating series at x/2^s ≤ ½ between two
 * partial sums, squared s times.
 * @param numerator at least 0
 */
export function expBounds(
  numerator: bigint,
  shift: number,
  precision: number,
): { readonly low: bigint; readonly high: bigint } {
  const squarings = Math.max(0, numerator.toString(2).length - shift + 1);
  const guard = GUARD_BITS + 2 * squarings;
  const bits = BigInt(precision + guard);
  const reduced = BigInt(shift + squarings);
  const one = 1n << bits;
  // Each term is rounded down, and off by less than 2 units with what it has from the one before.
  let term = one;
  let sum = one;
  let i = 1n;
  for (; term > 0n; i++) {
    term = (term * numerator) / (i << reduced);
    sum += i % 2n === 1n ? -term : term;
  }
  const slack = 2n * i;
  let low = sum > slack ? sum - slack : 0n;
  let high = sum + slack;
  for (let s = 0; s < squarings; s++) {
    low = (low * low) >> bits;
    high = ((high * high) >> bits) + 1n;
  }
  return { low: low >> BigInt(guard), high: (high >> BigInt(guard)) + 1n };
}

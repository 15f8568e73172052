/** Secret coins from the operating system in production, a seeded stream in simulations and tests. */
export interface RandomSource {
  /** `length` fresh, independent, uniform bytes. */
  bytes(length: number): Uint8Array;
}

const WORD = 2 ** 32;

function word(random: RandomSource): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

/** A uniform real in [0, 1) with 53 bits. */
export function uniform(random: RandomSource): number {
  return ((word(random) >>> 5) * 2 ** 26 + (word(random) >>> 6)) / 2 ** 53;
}

/**
 * A uniform integer in [0, bound), without modulo bias (the incomplete last interval is drawn again).
 * @throws RangeError unless bound is an integer in [1, 2³²]
 */
export function uniformBelow(random: RandomSource, bound: number): number {
  if (!Number.isInteger(bound) || bound < 1 || bound > WORD) throw new RangeError('bound must be in [1, 2^32]');
  const limit = WORD - (WORD % bound);
  let drawn = word(random);
  while (drawn >= limit) drawn = word(random);
  return drawn % bound;
}

/** A standard normal deviate (Box and Muller 1958). For weights and simulations; never for privacy noise. */
export function standardNormal(random: RandomSource): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(random)));
  return radius * Math.cos(2 * Math.PI * uniform(random));
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T extends { [index: number]: number; readonly length: number }>(
  array: T,
  random: RandomSource,
): T {
  for (let last = array.length - 1; last > 0; last -= 1) {
    const other = uniformBelow(random, last + 1);
    const kept = array[last] ?? 0;
    array[last] = array[other] ?? 0;
    array[other] = kept;
  }
  return array;
}

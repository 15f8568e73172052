import type { RandomSource } from './random.js';

/**
 * Shamir's secret sharing (Communications of the ACM 22, 1979) over GF(2^16) = GF(2)[x] / (x^16 + x^12 + x^3 + x + 1):
 * a field of 65,535 non-zero points, because a neighbourhood can exceed the 255 of GF(2^8). A secret is a vector of
 * words, each shared by a polynomial of its own at the same points.
 *
 * A product with a secret has one public factor (a point or a coefficient made of points): the loop follows the public
 * factor's bits, and nothing is looked up in a table, so time and memory accesses do not depend on secrets. Two words are
 * multiplied at a time.
 */
const REDUCTION = 0x1100b;
/** Largest point. */
export const MAXIMUM_POINT = 0xffff;

/** The products of two secret words and a public factor, side by side in the halves of a 32-bit number. */
function multiplyPair(secrets: number, factor: number): number {
  let product = 0;
  let power = secrets;
  for (let bits = factor; bits !== 0; bits >>>= 1) {
    if ((bits & 1) === 1) product ^= power;
    // x · a in both halves: no carry leaves a half, because the reduction has 13 bits.
    power = ((power << 1) & 0xfffefffe) ^ Math.imul((power >>> 15) & 0x00010001, REDUCTION & 0xffff);
  }
  return product;
}

/** Powers of x, which generates all non-zero elements, and back: for public elements only. */
interface Logarithms {
  readonly powerOf: Uint16Array;
  readonly logarithmOf: Uint16Array;
}

const ORDER = 0xffff;
let tables: Logarithms | undefined;

function logarithms(): Logarithms {
  if (tables !== undefined) return tables;
  const powerOf = new Uint16Array(ORDER);
  const logarithmOf = new Uint16Array(ORDER + 1);
  for (let exponent = 0, power = 1; exponent < ORDER; exponent++) {
    powerOf[exponent] = power;
    logarithmOf[power] = exponent;
    power = (power << 1) ^ (REDUCTION & -(power >>> 15));
  }
  return (tables = { powerOf, logarithmOf });
}

function requirePoints(points: readonly number[]): void {
  for (const point of points) {
    if (!Number.isInteger(point) || point < 1 || point > MAXIMUM_POINT) {
      throw new RangeError(`a share's point is an integer in 1..${MAXIMUM_POINT}, not ${point}`);
    }
  }
  if (new Set(points).size !== points.length) throw new RangeError('two shares with the same point');
}

/** The bytes as pairs of words, little-endian, with a zero word behind an odd one. */
function toPairs(bytes: Uint8Array): Int32Array {
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4));
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const pairs = Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(4 * index, true));
  padded.fill(0);
  return pairs;
}

/** The first `length` bytes of pairs of words. */
function toBytes(pairs: Int32Array, length: number): Uint8Array {
  const bytes = new Uint8Array(4 * pairs.length);
  const view = new DataView(bytes.buffer);
  pairs.forEach((pair, index) => view.setInt32(4 * index, pair, true));
  return bytes.subarray(0, length);
}

/**
 * Splits a secret so that any `threshold` of the shares give it back and fewer say nothing about it.
 *
 * @param options.secret an even number of bytes: words of 16 bits, little-endian
 * @param options.points where the polynomials are evaluated: distinct, 1..65535
 * @returns one share for each point, in order, each as long as the secret
 * @throws RangeError on an odd length, points that break the rules, or a threshold that is not in 1..points.length
 */
export function splitSecret(options: {
  readonly secret: Uint8Array;
  readonly threshold: number;
  readonly points: readonly number[];
  readonly random: RandomSource;
}): Uint8Array[] {
  const { secret, threshold, points, random } = options;
  if (secret.length % 2 !== 0) throw new RangeError(`a secret has an even number of bytes, not ${secret.length}`);
  requirePoints(points);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > points.length) {
    throw new RangeError(`a threshold is an integer in 1..${points.length}, not ${threshold}`);
  }
  const coins = random.bytes((threshold - 1) * secret.length);
  // Coefficients by degree, from 0 up, each a vector with a word for each of the secret's.
  const coefficients = Array.from({ length: threshold }, (_, degree) =>
    toPairs(degree === 0 ? secret : coins.subarray((degree - 1) * secret.length, degree * secret.length)),
  );
  try {
    return points.map((point) => toBytes(evaluate(coefficients, point), secret.length));
  } finally {
    for (const coefficient of coefficients) coefficient.fill(0);
    coins.fill(0);
  }
}

/** Horner's rule for all words at once. */
function evaluate(coefficients: readonly Int32Array[], point: number): Int32Array {
  const value = new Int32Array(coefficients[0]?.length ?? 0);
  for (let degree = coefficients.length - 1; degree >= 0; degree--) {
    const coefficient = coefficients[degree];
    for (let pair = 0; pair < value.length; pair++) {
      value[pair] = multiplyPair(value[pair] ?? 0, point) ^ (coefficient?.[pair] ?? 0);
    }
  }
  return value;
}

/**
 * The Lagrange coefficients at zero for shares at these points: Π_{k≠i} x_k / (x_k − x_i). To be computed once for each
 * set of holders; the order is the points'.
 *
 * @throws RangeError on points that break the rules of {@link splitSecret}
 */
export function lagrangeAtZero(points: readonly number[]): Uint16Array {
  requirePoints(points);
  const { powerOf, logarithmOf } = logarithms();
  const used = Uint16Array.from(points);
  return used.map((own) => {
    let logarithm = 0;
    for (const other of used) {
      // Points are public, so a table may be looked up at them.
      if (other !== own) logarithm += (logarithmOf[other] ?? 0) + ORDER - (logarithmOf[other ^ own] ?? 0);
    }
    return powerOf[logarithm % ORDER] ?? 0;
  });
}

/**
 * The secret of at least `threshold` shares. Wrong shares, or too few, give a wrong secret, not an error: whoever calls
 * must be able to recognise the right one.
 *
 * @param shares in the order of the points
 * @param coefficients of {@link lagrangeAtZero} for those points
 * @throws RangeError if the numbers of shares and coefficients differ, or the shares' lengths do
 */
export function combineShares(shares: readonly Uint8Array[], coefficients: Uint16Array): Uint8Array {
  const [first] = shares;
  if (first === undefined || shares.length !== coefficients.length) {
    throw new RangeError(`${shares.length} shares for ${coefficients.length} coefficients`);
  }
  if (first.length % 2 !== 0 || shares.some((share) => share.length !== first.length)) {
    throw new RangeError('shares have one length, an even number of bytes');
  }
  const secret = new Int32Array(Math.ceil(first.length / 4));
  shares.forEach((share, index) => {
    const pairs = toPairs(share);
    const coefficient = coefficients[index] ?? 0;
    for (let pair = 0; pair < secret.length; pair++) {
      secret[pair] = (secret[pair] ?? 0) ^ multiplyPair(pairs[pair] ?? 0, coefficient);
    }
    pairs.fill(0);
  });
  const bytes = toBytes(secret, first.length);
  secret.fill(0);
  return bytes;
}

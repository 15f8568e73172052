import type { RandomSource } from './random.js';

/**
 * Shamir's secret sharing (Communications of the ACM 22, 1979) over GF(2^16) = GF(2)[x] / (x^16 + x^12 + x^3 + x + 1):
 * a field of 65,535 non-zero points, because a neighbourhood can exceed the 255 of GF(2^8). A secret is a vector of
 * words, each shared by a polynomial of its own at the same points.
 *
 * Every product here has one public factor (a point or a coefficient made of points): the loop follows the public
 * factor's bits, and nothing is looked up in a table, so time and memory accesses do not depend on secrets.
 */
const REDUCTION = 0x1100b;
/** Largest point. */
export const MAXIMUM_POINT = 0xffff;

/** x · a for a field element a. */
function timesX(a: number): number {
  return (a << 1) ^ (REDUCTION & -(a >>> 15));
}

/** The product of a secret and a public factor. */
function multiply(secret: number, factor: number): number {
  let product = 0;
  let power = secret;
  for (let bits = factor; bits !== 0; bits >>>= 1) {
    if ((bits & 1) === 1) product ^= power;
    power = timesX(power);
  }
  return product;
}

/** 1/a = a^(2^16 − 2) for a public a ≠ 0 (Fermat). */
function invert(a: number): number {
  let result = 1;
  let square = a;
  for (let bit = 1; bit < 16; bit++) {
    square = multiply(square, square);
    result = multiply(result, square);
  }
  return result;
}

function requirePoints(points: readonly number[]): void {
  for (const point of points) {
    if (!Number.isInteger(point) || point < 1 || point > MAXIMUM_POINT) {
      throw new RangeError(`a share's point is an integer in 1..${MAXIMUM_POINT}, not ${point}`);
    }
  }
  if (new Set(points).size !== points.length) throw new RangeError('two shares with the same point');
}

function toWords(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, index) => view.getUint16(2 * index, true));
}

function toBytes(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint16(2 * index, word, true));
  return bytes;
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
  const constant = toWords(secret);
  const coins = random.bytes((threshold - 1) * secret.length);
  const higher = toWords(coins);
  try {
    return points.map((point) => toBytes(evaluate(constant, higher, point)));
  } finally {
    constant.fill(0);
    higher.fill(0);
    coins.fill(0);
  }
}

/** Horner's rule for all words at once; `higher` holds the coefficients from degree 1 up, a block of words each. */
function evaluate(constant: Uint16Array, higher: Uint16Array, point: number): Uint16Array {
  const words = constant.length;
  const value = new Uint16Array(words);
  for (let block = higher.length - words; block >= 0; block -= words) {
    for (let word = 0; word < words; word++) {
      value[word] = multiply((value[word] ?? 0) ^ (higher[block + word] ?? 0), point);
    }
  }
  for (let word = 0; word < words; word++) value[word] = (value[word] ?? 0) ^ (constant[word] ?? 0);
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
  return Uint16Array.from(points, (own) => {
    let numerator = 1;
    let denominator = 1;
    for (const other of points) {
      if (other === own) continue;
      numerator = multiply(numerator, other);
      denominator = multiply(denominator, other ^ own);
    }
    return multiply(numerator, invert(denominator));
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
  const secret = new Uint16Array(first.length / 2);
  shares.forEach((share, index) => {
    const words = toWords(share);
    const coefficient = coefficients[index] ?? 0;
    for (let word = 0; word < words.length; word++) {
      secret[word] = (secret[word] ?? 0) ^ multiply(words[word] ?? 0, coefficient);
    }
    words.fill(0);
  });
  const bytes = toBytes(secret);
  secret.fill(0);
  return bytes;
}

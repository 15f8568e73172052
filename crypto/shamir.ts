import type { RandomSource } from './random.js';
import { bytesToWords, wordsToBytes } from './words.js';

/**
 * Shamir's secret sharing (Communications of the ACM 22, 1979) over GF(2^16) = GF(2)[x] / (x^16 + x^12 + x^3 + x + 1):
 * a field of 65,535 non-zero points, because a neighbourhood can exceed the 255 of GF(2^8). A secret is a vector of
 * words, each shared by a polynomial of its own at the same points.
 *
 * Dealing and combining are both Σ factor · row with public factors (powers of a point, coefficients made of points) and
 * secret rows. What is done, and where memory is read, follows from the public factors alone: time and memory accesses do
 * not depend on secrets.
 */
const REDUCTION = 0x1100b;
const FIELD_BITS = 16;
/** Largest point. */
export const MAXIMUM_POINT = 0xffff;

/** Secret words, two side by side in each number, as rows of one width. */
interface Rows {
  readonly pairs: Uint32Array;
  /** Pairs of a row. */
  readonly width: number;
}

/** Byte strings of one length as rows, little-endian, with a zero word behind an odd one. */
function toRows(parts: readonly Uint8Array[]): Rows {
  const width = Math.ceil((parts[0]?.length ?? 0) / 4);
  const bytes = new Uint8Array(4 * width * parts.length);
  parts.forEach((part, index) => bytes.set(part, 4 * width * index));
  const pairs = bytesToWords(bytes);
  if (pairs.buffer !== bytes.buffer) bytes.fill(0);
  return { pairs, width };
}

/** The first `length` bytes of a row. */
function toBytes(row: Uint32Array, length: number): Uint8Array {
  return wordsToBytes(row).slice(0, length);
}

/**
 * Σ factor · row. First the rows of every bit are added up: Σ_i f_i·r_i = Σ_b x^b · Σ_{i: bit b of f_i} r_i. Then the
 * outer sum is taken by Horner's rule, so that there are 15 multiplications by x, however many rows there are.
 */
function weightedSum({ pairs, width }: Rows, factors: Uint16Array): Uint32Array {
  const planes = new Uint32Array(FIELD_BITS * width);
  for (let row = 0, start = 0; row < factors.length; row++, start += width) {
    for (let bits = factors[row] ?? 0, plane = 0; bits !== 0; bits >>>= 1, plane += width) {
      if ((bits & 1) === 0) continue;
      for (let pair = 0; pair < width; pair++) {
        planes[plane + pair] = (planes[plane + pair] ?? 0) ^ (pairs[start + pair] ?? 0);
      }
    }
  }
  const sum = new Uint32Array(width);
  for (let plane = planes.length - width; plane >= 0; plane -= width) {
    for (let pair = 0; pair < width; pair++) sum[pair] = timesX(sum[pair] ?? 0) ^ (planes[plane + pair] ?? 0);
  }
  planes.fill(0);
  return sum;
}

/** Both halves of a number times x. No carry leaves a half, because the reduction has 13 bits. */
function timesX(pair: number): number {
  return ((pair << 1) & 0xfffefffe) ^ Math.imul((pair >>> 15) & 0x00010001, REDUCTION & 0xffff);
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
  const coefficients = toRows(
    Array.from({ length: threshold }, (_, degree) =>
      degree === 0 ? secret : coins.subarray((degree - 1) * secret.length, degree * secret.length),
    ),
  );
  try {
    return points.map((point) => {
      const share = weightedSum(coefficients, powersOf(point, threshold));
      try {
        return toBytes(share, secret.length);
      } finally {
        share.fill(0);
      }
    });
  } finally {
    coefficients.pairs.fill(0);
    coins.fill(0);
  }
}

/** 1, x, x², …: so many powers of a point. */
function powersOf(point: number, count: number): Uint16Array {
  const { powerOf, logarithmOf } = logarithms();
  const step = logarithmOf[point] ?? 0;
  const powers = new Uint16Array(count);
  for (let degree = 0, logarithm = 0; degree < count; degree++, logarithm = (logarithm + step) % ORDER) {
    powers[degree] = powerOf[logarithm] ?? 0;
  }
  return powers;
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
  const rows = toRows(shares);
  const secret = weightedSum(rows, coefficients);
  try {
    return toBytes(secret, first.length);
  } finally {
    rows.pairs.fill(0);
    secret.fill(0);
  }
}

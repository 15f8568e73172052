import { expect } from 'chai';
import fc from 'fast-check';
import { combineShares, lagrangeAtZero, osRandom, splitSecret, streamRandom } from '../../crypto/index.js';

/** GF(2^16) once more, by logarithms to the base x: another implementation to hold the first against. */
const EXP: number[] = [];
const LOG = new Map<number, number>();
for (let power = 0, element = 1; power < 65535; power++) {
  EXP.push(element);
  LOG.set(element, power);
  element <<= 1;
  if (element > 0xffff) element ^= 0x1100b;
}
const times = (a: number, b: number): number =>
  a === 0 || b === 0 ? 0 : (EXP[((LOG.get(a) ?? 0) + (LOG.get(b) ?? 0)) % 65535] ?? 0);

const sharing = fc
  .record({ threshold: fc.integer({ min: 1, max: 12 }), spare: fc.integer({ min: 0, max: 6 }) })
  .chain(({ threshold, spare }) =>
    fc.record({
      threshold: fc.constant(threshold),
      points: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), {
        minLength: threshold + spare,
        maxLength: threshold + spare,
      }),
      secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    }),
  );

describe('Shamir’s sharing', () => {
  it('works in a field: x generates all 65,535 non-zero elements', () => {
    expect(LOG.size).to.equal(65535);
  });

  it('evaluates the polynomial of the secret and the coins at each point', () => {
    const key = new Uint8Array(32).fill(1);
    const secret = osRandom.bytes(32);
    const points = [1, 2, 3, 77, 40_000, 65_535];
    const threshold = 4;
    const shares = splitSecret({ secret, threshold, points, random: streamRandom(key) });
    const coins = Buffer.from(streamRandom(key).bytes((threshold - 1) * 32));
    points.forEach((point, index) => {
      for (let word = 0; word < 16; word++) {
        let expected = Buffer.from(secret).readUInt16LE(2 * word);
        for (let degree = 1, power = point; degree < threshold; degree++, power = times(power, point)) {
          expected ^= times(coins.readUInt16LE(32 * (degree - 1) + 2 * word), power);
        }
        expect(Buffer.from(shares[index] ?? []).readUInt16LE(2 * word)).to.equal(expected);
      }
    });
  });

  it('gives the secret back from any t shares, in any order', () => {
    fc.assert(
      fc.property(sharing, fc.infiniteStream(fc.nat()), ({ threshold, points, secret }, order) => {
        const shares = splitSecret({ secret, threshold, points, random: osRandom });
        const chosen = points
          .map((point, index) => ({
            point,
            share: shares[index] ?? new Uint8Array(),
            rank: order.next().value as number,
          }))
          .sort((a, b) => a.rank - b.rank)
          .slice(0, threshold);
        const coefficients = lagrangeAtZero(chosen.map(({ point }) => point));
        const parts = chosen.map(({ share }) => share);
        expect(combineShares(parts, coefficients)).to.deep.equal(secret);
      }),
    );
  });

  it('gives something else from t − 1 shares, or with one altered', () => {
    fc.assert(
      fc.property(sharing, ({ threshold, points, secret }) => {
        fc.pre(threshold >= 2);
        const shares = splitSecret({ secret, threshold, points, random: osRandom }).slice(0, threshold);
        const used = points.slice(0, threshold);
        const few = combineShares(shares.slice(1), lagrangeAtZero(used.slice(1)));
        expect(few).not.to.deep.equal(secret);
        const altered = shares.map((share, index) => (index === 0 ? share.map((byte) => byte ^ 1) : share));
        expect(combineShares(altered, lagrangeAtZero(used))).not.to.deep.equal(secret);
      }),
    );
  });

  it('lets t − 1 shares say nothing: a share’s words are uniform whatever the secret; without coins they are not', () => {
    const random = streamRandom(new Uint8Array(32).fill(8));
    const noCoins = { bytes: (count: number): Uint8Array => new Uint8Array(count) };
    const secret = new Uint8Array(32);
    const chiSquare = (source: typeof noCoins): number => {
      const counts = new Array<number>(256).fill(0);
      for (let run = 0; run < 1000; run++) {
        const [share] = splitSecret({ secret, threshold: 2, points: [3, 5], random: source });
        for (const byte of share ?? []) counts[byte] = (counts[byte] ?? 0) + 1;
      }
      const expected = (1000 * 32) / 256;
      return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    };
    // 255 degrees of freedom: mean 255, standard deviation 22.6; 400 is more than six above.
    expect(chiSquare(random)).to.be.below(400);
    expect(chiSquare(noCoins)).to.be.above(400);
  });

  it('refuses zero, equal and oversized points, odd secrets and thresholds out of range', () => {
    const secret = new Uint8Array(32);
    const split = (threshold: number, points: number[], bytes = secret): unknown =>
      splitSecret({ secret: bytes, threshold, points, random: osRandom });
    for (const points of [
      [0, 1],
      [1, 1],
      [1, 65536],
      [1, 1.5],
    ]) {
      expect(() => split(1, points)).to.throw(RangeError);
      expect(() => lagrangeAtZero(points)).to.throw(RangeError);
    }
    for (const threshold of [0, 3, 1.5]) expect(() => split(threshold, [1, 2])).to.throw(RangeError);
    expect(() => split(1, [1, 2], new Uint8Array(31))).to.throw(RangeError);
    expect(() => combineShares([secret], lagrangeAtZero([1, 2]))).to.throw(RangeError);
    expect(() => combineShares([secret, new Uint8Array(30)], lagrangeAtZero([1, 2]))).to.throw(RangeError);
  });
});

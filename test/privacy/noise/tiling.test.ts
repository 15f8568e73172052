import { expect } from 'chai';
import { Coins, dyadicExponent } from '../../../privacy/index.js';
import { poissonWeights } from '../../../privacy/noise/poisson.js';
import { polyaWeights } from '../../../privacy/noise/polya.js';
import { isUnderExactly, sampleTiled, tile } from '../../../privacy/noise/tiling.js';
import type { TiledLaw, Tiling } from '../../../privacy/noise/tiling.js';
import { fit, fixedKeyRandom, polyaLaw } from '../statistics.js';

const LAWS: Readonly<Record<string, TiledLaw>> = {
  'narrow Pólya': polyaWeights(4, dyadicExponent(0.7)),
  'wide Pólya': polyaWeights(3, dyadicExponent(0.01)),
  'hardly any Pólya': polyaWeights(2 ** 20, dyadicExponent(0.01)),
  'all but certain Pólya': polyaWeights(4, dyadicExponent(2 ** 20)),
  geometric: polyaWeights(1, dyadicExponent(0.03)),
  'small Poisson': poissonWeights(3, 8),
  'larger Poisson': poissonWeights(2 ** 12 + 1, 2),
};

const PRECISION = 256;

/** The tiles of each block, and how many of them are taken without a comparison. */
function counts({ tiles, first }: Tiling): { total: number; certain: number }[] {
  const blocks = Array.from(first, () => ({ total: 0, certain: 0 }));
  for (const entry of tiles) {
    const block = blocks[entry >>> 1];
    if (block === undefined) continue;
    block.total++;
    if ((entry & 1) === 0) block.certain++;
  }
  return blocks;
}

describe('privacy: the tiled sampler', () => {
  for (const [name, law] of Object.entries(LAWS)) {
    const tiling = tile(law);

    it(`${name}: every value lies in one block, under all of its tiles and above the certain ones, in exact integers`, () => {
      const factor = BigInt(tiling.scale * 2 ** 60);
      const seen = new Set<number>();
      for (const [i, { total, certain }] of counts(tiling).entries()) {
        const start = tiling.start[i] ?? Number.NaN;
        const isTail = tiling.isTail[i] === 1;
        const width = tiling.width[i] ?? Number.NaN;
        const places = isTail ? [0] : Array.from({ length: 2 ** width }, (_, place) => place);
        if (isTail) expect(certain).to.equal(0);
        for (const place of places) {
          const value = start + (tiling.direction[i] ?? Number.NaN) * place;
          expect(seen.has(value)).to.equal(false);
          seen.add(value);
          const { low, high } = law.weightBounds(value, PRECISION);
          const scaled = (weight: bigint): bigint => (weight * factor) << BigInt(isTail ? width + 1 : width);
          const tileHeight = 1n << BigInt(PRECISION + 60);
          expect(scaled(high) <= BigInt(total) * tileHeight).to.equal(true);
          expect(scaled(low) >= BigInt(certain) * tileHeight).to.equal(true);
        }
      }
      for (const { start, direction, reach } of law.rays)
        for (let distance = 0; distance <= reach; distance++)
          expect(seen.has(start + direction * distance)).to.equal(true);
    });

    it(`${name}: in a tail the weight halves over 2^h values, in exact integers`, () => {
      for (const { start, direction, reach, halving } of law.rays) {
        for (const distance of [reach, reach + 1, reach + 2 ** halving]) {
          const at = (d: number): bigint => law.weightBounds(start + direction * d, PRECISION).low;
          expect(2n * at(distance + 2 ** halving) <= at(distance) + 2n).to.equal(true);
        }
      }
    });

    it(`${name}: gives from the same bytes what it gives when integers decide every comparison`, () => {
      const inIntegers: Tiling = { ...tiling, law: { ...law, weight: () => Number.NaN } };
      const fast = new Coins(fixedKeyRandom(170));
      const slow = new Coins(fixedKeyRandom(170));
      for (let i = 0; i < 4000; i++) expect(sampleTiled(fast, tiling)).to.equal(sampleTiled(slow, inIntegers));
      expect(fast.word()).to.equal(slow.word());
    });
  }

  it('positive controls: a block short of a tenth of its tiles, and comparisons left out, are caught by chi-square', () => {
    const tiling = tile(polyaWeights(3, dyadicExponent(0.02)));
    const draw = (tiles: Uint16Array): Float64Array => {
      const coins = new Coins(fixedKeyRandom(171));
      return new Float64Array(300_000).map(() => sampleTiled(coins, { ...tiling, tiles }));
    };
    const sound = fit(draw(tiling.tiles), polyaLaw(3, 0.02));
    expect(sound.statistic).to.be.below(sound.bound);
    const short = tiling.tiles.map((entry, i) => (entry >>> 1 === 1 && i % 10 === 0 ? 0xffff : entry));
    const careless = tiling.tiles.map((entry) => (entry === 0xffff ? entry : entry & ~1));
    for (const tiles of [short, careless]) {
      const { statistic, bound } = fit(draw(tiles), polyaLaw(3, 0.02));
      expect(statistic).to.be.above(bound);
    }
  });

  it('draws as many more bits as the comparison takes where 53 cannot decide it', () => {
    const law = polyaWeights(3, dyadicExponent(0.3));
    const tiling = tile(law);
    const value = 2;
    const height = tiling.scale * law.weight(value);
    const level = Math.floor(height);
    const { low } = law.weightBounds(value, PRECISION);
    // The height's own first 53 bits below the point; what follows decides.
    const scaled = low * BigInt(tiling.scale * 2 ** 60);
    const begun = Number((scaled >> BigInt(PRECISION + 60 - 53)) - (BigInt(level) << 53n));
    const toss = (coins: Coins): boolean => isUnderExactly(coins, tiling, { value, width: 0, level }, begun);
    expect(toss(new Coins({ bytes: (n) => new Uint8Array(n) }))).to.equal(true);
    expect(toss(new Coins({ bytes: (n) => new Uint8Array(n).fill(0xff) }))).to.equal(false);
    const rest = Number((scaled >> BigInt(PRECISION + 60 - 106)) & ((1n << 53n) - 1n)) * 2 ** -53;
    const fair = new Coins(fixedKeyRandom(172));
    let under = 0;
    for (let i = 0; i < 20_000; i++) if (toss(fair)) under++;
    expect(under / 20_000).to.be.closeTo(rest, 6 * Math.sqrt((rest * (1 - rest)) / 20_000));
  });
});

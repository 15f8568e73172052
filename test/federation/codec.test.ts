import { expect } from 'chai';
import fc from 'fast-check';
import { compileTerms, quantisationOf, VectorCodec } from '../../federation/index.js';
import type { Contract } from '../../proto/index.js';
import { expectCode } from '../expect-code.js';
import { newtonContract } from './contracts.js';

const DIMENSION = 32;
const codecOf = (change: Partial<Contract> = {}) =>
  new VectorCodec(compileTerms(newtonContract({ dimension: DIMENSION, ...change })));

describe('vector codec', () => {
  it('decodes a sum of encoded vectors to the sum of the vectors, within half a quantum a merchant', () => {
    const codec = codecOf();
    const { scale } = codec.quantisation;
    const vector = fc.float64Array({ minLength: DIMENSION, maxLength: DIMENSION, min: -500, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 8 }), (vectors) => {
        const ring = vectors.map((values) => codec.toRing(codec.quantise(values).values, undefined));
        const sum = new Uint32Array(DIMENSION).map((_, i) => ring.reduce((total, words) => total + (words[i] ?? 0), 0));
        const decoded = codec.fromRing(sum);
        for (let i = 0; i < DIMENSION; i++) {
          const exact = vectors.reduce((total, values) => total + (values[i] ?? 0), 0);
          expect(decoded[i]).to.be.closeTo(exact, (vectors.length * 0.5 + 1e-6) / scale);
        }
      }),
    );
  });

  it('never wraps: the fullest sum and the largest noise stay inside the signed range', () => {
    for (const ringBits of [24, 32]) {
      const terms = compileTerms(newtonContract({ ringBits }));
      const { clamp, sensitivity } = quantisationOf(terms);
      const { maximumMerchants: n, minimumSurvivors, colluders } = terms.roster;
      const spread = Math.sqrt(n / (minimumSurvivors - colluders));
      const noise = 8.6 * 4 * sensitivity * spread;
      expect(n * clamp + noise).to.be.below(2 ** (ringBits - 1));
      expect(n * (clamp + 1) + noise).to.be.at.least(2 ** (ringBits - 1));
    }
  });

  it('clamps what does not fit and counts it', () => {
    const codec = codecOf();
    const sum = new Float64Array(DIMENSION);
    sum[3] = 1e12;
    sum[4] = -1e12;
    const { values, clamped } = codec.quantise(sum);
    expect(clamped).to.equal(2);
    expect([values[3], values[4]]).to.deep.equal([codec.quantisation.clamp, -codec.quantisation.clamp]);
  });

  it('refuses terms whose noise alone fills the ring', () => {
    const terms = compileTerms(newtonContract({ ringBits: 16 }));
    expectCode(() => quantisationOf(terms), 'RING_TOO_SMALL');
  });

  it('accounts rounding in the sensitivity: more than s·C by exactly √d', () => {
    const terms = compileTerms(newtonContract({ dimension: 100 }));
    const { scale, sensitivity } = quantisationOf(terms);
    expect(sensitivity).to.equal(scale * 6 + 10);
    expect(10).to.be.at.most(0.01 * scale * 6);
  });

  it('multiplies the sensitivity by the merchants that one shopper may appear at', () => {
    const once = quantisationOf(compileTerms(newtonContract()));
    const privacy = newtonContract().privacy;
    if (privacy === undefined) throw new TypeError('the fixture has privacy terms');
    const thrice = quantisationOf(compileTerms(newtonContract({ privacy: { ...privacy, shopperMultiplicity: 3 } })));
    expect(thrice.sensitivity / thrice.scale).to.be.closeTo((3 * once.sensitivity) / once.scale, 0.2);
  });

  it('refuses vectors of another length', () => {
    expect(() => codecOf().quantise(new Float64Array(DIMENSION + 1))).to.throw(RangeError);
    expect(() => codecOf().fromRing(new Uint32Array(DIMENSION - 1))).to.throw(RangeError);
  });
});

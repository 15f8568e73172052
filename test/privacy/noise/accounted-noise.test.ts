import { expect } from 'chai';
import { accountedGaussian, drawnNoiseMultiplier } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

describe('privacy: the noise that may be accounted', () => {
  it('is the drawn multiplier itself without sampling', () => {
    const event = accountedGaussian({ noiseMultiplier: 1.1, sensitivity: 50, samplingRate: 1 });
    expect(event).to.deep.equal({ kind: 'gaussian', noiseMultiplier: 1.1, samplingRate: 1, steps: 1 });
  });

  it('loses 9 quanta² of variance under sampling', () => {
    const { noiseMultiplier } = accountedGaussian({ noiseMultiplier: 1, sensitivity: 5, samplingRate: 0.1, steps: 7 });
    expect((noiseMultiplier * 5) ** 2).to.be.closeTo(25 - 9, 1e-12);
  });

  it('is reached again when the loss is added beforehand, never missed', () => {
    for (const sensitivity of [3.3, 10, 1e4]) {
      for (const wanted of [0.3, 1, 17.123]) {
        const noiseMultiplier = drawnNoiseMultiplier(wanted, { sensitivity, samplingRate: 0.2 });
        const accounted = accountedGaussian({ noiseMultiplier, sensitivity, samplingRate: 0.2 }).noiseMultiplier;
        expect(accounted / wanted).to.be.within(1, 1 + 1e-13);
      }
    }
    expect(drawnNoiseMultiplier(0.7, { sensitivity: 3, samplingRate: 1 })).to.equal(0.7);
  });

  it('is refused when nothing would be left', () => {
    expectCode(
      () => accountedGaussian({ noiseMultiplier: 1, sensitivity: 3, samplingRate: 0.5 }),
      'NOISE_OUT_OF_RANGE',
    );
  });
});

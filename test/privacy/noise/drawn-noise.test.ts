import { expect } from 'chai';
import { drawnNoiseMultiplier, epsilonOf } from '../../../privacy/index.js';

describe('privacy: the noise that is drawn for what may be accounted', () => {
  const epsilons = (accounted: number, sensitivity: number, samplingRate: number) => {
    const steps = 7;
    const deviation = drawnNoiseMultiplier(accounted, { sensitivity, samplingRate }) * sensitivity;
    return {
      drawn: epsilonOf([{ kind: 'discreteGaussian', deviation, sensitivity, samplingRate, steps }], 1e-6),
      wanted: epsilonOf([{ kind: 'gaussian', noiseMultiplier: accounted, samplingRate, steps }], 1e-6),
    };
  };

  it('costs what was calibrated, and never more', () => {
    for (const sensitivity of [3.3, 10, 1e4]) {
      for (const accounted of [0.5, 1, 17.123]) {
        for (const samplingRate of [0.2, 1]) {
          const { drawn, wanted } = epsilons(accounted, sensitivity, samplingRate);
          expect(drawn / wanted).to.be.at.most(1 + 1e-12);
          if (sensitivity > 100) expect(drawn / wanted).to.be.closeTo(1, 1e-9);
        }
      }
    }
  });

  it('is the multiplier itself without sampling, and 9 quanta² more in variance with it', () => {
    expect(drawnNoiseMultiplier(0.7, { sensitivity: 3, samplingRate: 1 })).to.equal(0.7);
    const drawn = drawnNoiseMultiplier(1, { sensitivity: 5, samplingRate: 0.1 });
    expect((drawn * 5) ** 2).to.be.closeTo(25 + 9, 1e-12);
  });
});

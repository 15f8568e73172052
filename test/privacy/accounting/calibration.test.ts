import { expect } from 'chai';
import { calibrate, calibrateNoiseMultiplier, epsilonOf } from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';
import { expectCode } from '../../expect-code.js';

describe('privacy: calibration', () => {
  it('finds the noise multiplier of a known ε', () => {
    const z = calibrateNoiseMultiplier({ epsilon: 7.329111171485, delta: 1e-5, samplingRate: 0.04, steps: 2250 });
    expect(z).to.be.closeTo(1.5, 5e-9);
  });

  it('meets the target and is the least that does', () => {
    for (const epsilon of [0.1, 1, 8, 50]) {
      const terms = { samplingRate: 0.1, steps: 12 };
      const z = calibrateNoiseMultiplier({ epsilon, delta: 1e-6, ...terms });
      const at = (noiseMultiplier: number): number =>
        epsilonOf([{ kind: 'gaussian', noiseMultiplier, ...terms }], 1e-6);
      expect(at(z)).to.be.at.most(epsilon);
      expect(at(z * (1 - 1e-6))).to.be.above(epsilon);
    }
  });

  it('fits new rounds beside what is already spent', () => {
    const fixed: MechanismEvent[] = [
      { kind: 'gaussian', noiseMultiplier: 2, samplingRate: 1, steps: 1 },
      { kind: 'pure', epsilon: 0.5 },
    ];
    const goal = { epsilon: 8, delta: 1e-6, samplingRate: 0.2, steps: 12 };
    const alone = calibrateNoiseMultiplier(goal);
    const beside = calibrateNoiseMultiplier({ ...goal, fixed });
    expect(beside).to.be.above(alone);
    const { samplingRate, steps } = goal;
    const history: MechanismEvent[] = [...fixed, { kind: 'gaussian', noiseMultiplier: beside, samplingRate, steps }];
    expect(epsilonOf(history, 1e-6)).to.be.within(8 - 1e-6, 8);
  });

  it('calibrates any family of events, such as the ε of a counts release', () => {
    const x = calibrate({ epsilon: 3, delta: 1e-6, make: (inverse) => [{ kind: 'pure', epsilon: 1 / inverse }] });
    expect(1 / x).to.be.closeTo(3, 1e-6);
  });

  it('says that no noise helps when the budget is already gone', () => {
    const fixed: MechanismEvent[] = [{ kind: 'pure', epsilon: 9 }];
    expectCode(
      () => calibrateNoiseMultiplier({ epsilon: 8, delta: 1e-12, samplingRate: 1, steps: 1, fixed }),
      'CALIBRATION_IMPOSSIBLE',
    );
  });
});

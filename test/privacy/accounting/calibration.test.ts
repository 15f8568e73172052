import { expect } from 'chai';
import {
  calibrate,
  calibrateNoiseMultiplier,
  calibrateSamplingRate,
  calibrateSteps,
  epsilonBy,
  epsilonOf,
  pldEpsilon,
} from '../../../privacy/index.js';
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

  it('by the tighter accountant asks for less noise, and meets the target by that one', () => {
    const goal = { epsilon: 2, delta: 1e-6, samplingRate: 0.05, steps: 200 };
    const z = calibrateNoiseMultiplier({ ...goal, accountant: 'tighter' });
    expect(z).to.be.below(calibrateNoiseMultiplier(goal));
    const at = (noiseMultiplier: number): MechanismEvent[] => [
      { kind: 'gaussian', noiseMultiplier, samplingRate: 0.05, steps: 200 },
    ];
    expect(pldEpsilon(at(z), 1e-6)).to.be.within(2 - 1e-5, 2);
    expect(pldEpsilon(at(z * (1 - 1e-5)), 1e-6)).to.be.above(2);
    expect(epsilonOf(at(z), 1e-6)).to.be.above(2);
  });

  it('finds the published σ .67379294682 of one release at q .01, ε 1 and δ 1e-5 by loss distributions', () => {
    const goal = { epsilon: 1, delta: 1e-5, samplingRate: 0.01, steps: 1, accountant: 'pld' } as const;
    expect(calibrateNoiseMultiplier(goal)).to.be.closeTo(0.67379294682, 2e-6);
  });

  it('finds the greatest number of steps, by either accountant', () => {
    for (const accountant of ['rdp', 'pld'] as const) {
      const goal = { epsilon: 2, delta: 1e-5, noiseMultiplier: 1, samplingRate: 0.01, accountant };
      const steps = calibrateSteps(goal);
      const at = (count: number): number =>
        epsilonBy(accountant, [{ kind: 'gaussian', noiseMultiplier: 1, samplingRate: 0.01, steps: count }], 1e-5);
      expect(at(steps)).to.be.at.most(2);
      expect(at(steps + 1)).to.be.above(2);
    }
    expectCode(
      () => calibrateSteps({ epsilon: 0.01, delta: 1e-6, noiseMultiplier: 1, samplingRate: 1 }),
      'CALIBRATION_IMPOSSIBLE',
    );
  });

  it('finds the greatest sampling rate, and 1 where sampling is not needed', () => {
    const terms = { delta: 1e-5, noiseMultiplier: 1.5, steps: 2250 };
    expect(calibrateSamplingRate({ epsilon: 7.32911117143, ...terms })).to.be.closeTo(0.04, 1e-9);
    expect(
      calibrateSamplingRate({ epsilon: 3, delta: 1e-5, noiseMultiplier: 1, steps: 100, accountant: 'pld' }),
    ).to.be.above(calibrateSamplingRate({ epsilon: 3, delta: 1e-5, noiseMultiplier: 1, steps: 100 }));
    expect(calibrateSamplingRate({ epsilon: 8, delta: 1e-5, noiseMultiplier: 50, steps: 10 })).to.equal(1);
  });
});

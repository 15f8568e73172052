import { expect } from 'chai';
import { initialState, optimiserNamed, optimiserStep, servedParameters } from '../../federation/optimisers/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { ServerOptimiser as OptimiserTerms } from '../../proto/index.js';

const terms = (change: Partial<OptimiserTerms> = {}): OptimiserTerms => ({
  name: 'fedadam',
  learningRate: 0.1,
  momentum: 0.9,
  secondMomentum: 0.99,
  epsilon: 1e-8,
  warmupSteps: 0,
  averageLast: 0,
  finalLearningRate: 1,
  ...change,
});

const run = (name: string, updates: readonly number[], change: Partial<OptimiserTerms> = {}) =>
  updates.reduce(
    (state, update) =>
      optimiserStep(optimiserNamed(name), state, Float64Array.of(update), terms({ name, ...change }), updates.length),
    initialState(Float32Array.of(1)),
  );

const only = (values: Float32Array): number => values[0] ?? NaN;

describe('server optimisers', () => {
  it('FedAvg with rate 1 moves by the mean update', () => {
    expect(only(run('fedavg', [0.5, -0.25], { learningRate: 1 }).iterate)).to.equal(1.25);
  });

  it('FedAvgM accumulates momentum', () => {
    expect(only(run('fedavgm', [1, 1], { learningRate: 1, momentum: 0.5 }).iterate)).to.equal(1 + 1 + 1.5);
  });

  it('FedAdam moves by the learning rate in the first step, whatever the scale of the update (bias correction)', () => {
    for (const update of [1e-3, 1, 1e3]) expect(only(run('fedadam', [update]).iterate)).to.be.closeTo(1.1, 1e-5);
  });

  it('FedAdagrad and FedYogi follow Algorithm 2 of Reddi et al. 2021', () => {
    const adagrad = run('fedadagrad', [2], { momentum: 0 });
    expect(only(adagrad.iterate)).to.be.closeTo(1.1, 1e-6);
    expect(only(adagrad.secondMoment)).to.equal(4);
    const yogi = run('fedyogi', [2], { momentum: 0 });
    expect(only(yogi.secondMoment)).to.be.closeTo(0.04, 1e-7);
  });

  it('the learning rate warms up, then falls linearly to its final share', () => {
    const first = run('fedavg', [1, 0, 0, 0], { learningRate: 1, warmupSteps: 4 });
    expect(only(first.iterate)).to.equal(1.25);
    const last = run('fedavg', [0, 0, 0, 1], { learningRate: 1, finalLearningRate: 0.25 });
    expect(only(last.iterate)).to.equal(1.25);
  });

  it('serves the mean of the last share of the iterates, and the iterate where none is averaged', () => {
    const averaged = run('fedavg', [1, 1, 1, 1], { learningRate: 1, averageLast: 0.5 });
    expect(averaged.averaged).to.equal(2);
    expect(only(servedParameters(averaged))).to.equal((4 + 5) / 2);
    expect(only(servedParameters(run('fedavg', [1], { learningRate: 1 })))).to.equal(2);
  });

  it('an unknown optimiser is refused by name', () => {
    expect(() => optimiserNamed('sgd')).to.throw(GuildhallError, /fedavg, fedavgm/);
  });
});

import { expect } from 'chai';
import { streamRandom } from '../../../crypto/index.js';
import type { NoiseStrategyName } from '../../../federation/index.js';
import { auditGradients, auditStatistics } from '../../../simulations/audit/index.js';
import type { AuditedNoise, AuditReport, GradientTask } from '../../../simulations/audit/index.js';

/** Keys that look random and are the same in every run. */
function fixedKeys(seed: number): () => Uint8Array {
  const random = streamRandom(Buffer.alloc(32, seed));
  return () => random.bytes(32);
}

describe('one-run audit of the production path', () => {
  const statistics = (
    noise: AuditedNoise,
    epsilon = 6,
    strategy: NoiseStrategyName = 'worst-case',
  ): Promise<AuditReport> => auditStatistics({ epsilon, canaries: 4000, noise, strategy, key: fixedKeys(3) });
  const gradients = (task: GradientTask, noise: AuditedNoise): Promise<AuditReport> =>
    auditGradients(task, { epsilon: 1, canaries: 1000, noise, strategy: 'worst-case', key: fixedKeys(5) });

  it('counts: the guesses prove most of the ε that is claimed, and not more', async () => {
    const { upper, lower, contradicted, guesses, canaries } = await statistics('full');
    expect(upper.delta).to.equal(0);
    expect(upper.epsilon).to.be.closeTo(6, 0.01);
    expect(lower.epsilon).to.be.within(4.5, upper.epsilon);
    expect(contradicted).to.equal(false);
    // K = 2 at this ε: a cell with one unit says nothing, and the attacker abstains.
    expect(guesses).to.be.within(0.85 * canaries, canaries - 1);
  });

  it('counts at K = 1: every cell is guessed', async () => {
    const { upper, lower, guesses } = await statistics('full', 2);
    expect(guesses).to.equal(4000);
    expect(lower.epsilon).to.be.within(1.5, upper.epsilon);
  });

  for (const noise of ['tenth', 'off'] as const) {
    it(`counts: noise ${noise} is caught`, async () => {
      const { lower, upper, contradicted } = await statistics(noise);
      expect(lower.epsilon).to.be.above(upper.epsilon);
      expect(contradicted).to.equal(true);
    });
  }

  it('counts: with excess noise taken out, what stays is still the claimed noise', async () => {
    const { upper, lower } = await statistics('full', 6, 'removable');
    expect(lower.epsilon).to.be.within(4.5, upper.epsilon);
    expect((await statistics('tenth', 6, 'removable')).contradicted).to.equal(true);
  });

  for (const task of ['gradients', 'adaptive-clipping', 'local-training'] as const)
    it(`${task}: a tenth of the noise is caught`, async () => {
      const { lower, upper, contradicted } = await gradients(task, 'tenth');
      expect(lower.epsilon).to.be.above(upper.epsilon);
      expect(contradicted).to.equal(true);
    });

  for (const task of ['gradients', 'local-training'] as const)
    it(`${task}: the lower bound stays below what the ledger counts`, async () => {
      const { lower, upper, strategy, contradicted, guesses } = await gradients(task, 'full');
      expect(upper.epsilon).to.be.within(0.99, 1);
      expect(upper.delta).to.equal(1e-6);
      expect(lower.epsilon).to.be.at.most(upper.epsilon);
      expect(contradicted).to.equal(false);
      expect(guesses).to.equal(100);
      expect(strategy).to.equal(task === 'local-training' ? 'local' : 'worst-case');
    });
});

import { expect } from 'chai';
import { streamRandom } from '../../../crypto/index.js';
import { auditGradients, auditStatistics } from '../../../simulations/audit/index.js';
import type { AuditedNoise, AuditReport } from '../../../simulations/audit/index.js';

/** Keys that look random and are the same in every run. */
function fixedKeys(seed: number): () => Uint8Array {
  const random = streamRandom(Buffer.alloc(32, seed));
  return () => random.bytes(32);
}

describe('one-run audit at the sizes of the command', () => {
  const audits: Readonly<Record<string, (noise: AuditedNoise) => Promise<AuditReport>>> = {
    statistics: (noise) =>
      auditStatistics({ epsilon: 8, canaries: 20_000, noise, strategy: 'worst-case', key: fixedKeys(21) }),
    ...Object.fromEntries(
      (
        [
          ['gradients', 5000],
          ['adaptive-clipping', 5000],
          ['local-training', 5000],
        ] as const
      ).map(([task, canaries]) => [
        task,
        (noise: AuditedNoise) =>
          auditGradients(task, { epsilon: 1, canaries, noise, strategy: 'worst-case', key: fixedKeys(22) }),
      ]),
    ),
  };

  for (const [name, audit] of Object.entries(audits)) {
    it(`${name}: a lower bound above 0 and below the ledger's`, async () => {
      const { lower, upper, contradicted } = await audit('full');
      expect(lower.epsilon)
        .to.be.above(0.1 * upper.epsilon)
        .and.at.most(upper.epsilon);
      expect(contradicted).to.equal(false);
    });

    for (const noise of ['tenth', 'off'] as const)
      it(`${name}: noise ${noise} is caught`, async () => {
        const { lower, upper, contradicted } = await audit(noise);
        expect(lower.epsilon).to.be.above(upper.epsilon);
        expect(contradicted).to.equal(true);
      });
  }
});

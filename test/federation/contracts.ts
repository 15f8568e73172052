import type { Contract } from '../../proto/index.js';
import { NEWTON_LENGTH } from '../../recommender/index.js';

/** A contract that every default accepts: a one-round re-ranker with Gaussian noise for at least 8 merchants. */
export function newtonContract(change: Partial<Contract> = {}): Contract {
  return {
    protocolVersion: 1,
    federation: 'market',
    job: 'reranker',
    round: 1,
    step: 1,
    steps: 1,
    task: { task: { $case: 'rerankerNewton', value: { ridge: 50, servingWeight: 0.6 } } },
    modelSha256: Buffer.alloc(32, 1),
    roster: { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
    dimension: NEWTON_LENGTH,
    ringBits: 32,
    privacy: {
      mechanism: { $case: 'gaussian', value: { clipNorm: 6, noiseMultiplier: 4, samplingRate: 1 } },
      delta: 1e-6,
      shopperMultiplicity: 1,
    },
    deadlines: { advertiseMs: 1000, openMs: 1000, shareMs: 1000, inputMs: 1000, agreeMs: 1000, unmaskMs: 1000 },
    issuedAtMs: 0,
    ...change,
  };
}

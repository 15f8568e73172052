import { accountedGaussian } from '../privacy/index.js';
import type { GaussianEvent, LedgerEntry, PureEvent } from '../privacy/index.js';
import { quantisationOf } from './codec/quantisation.js';
import type { RoundTerms } from './contract/terms.js';

/**
 * What taking part in a round costs, as the accountant counts it: with the noise that is left after the worst
 * dropouts and collusion, and with what rounding adds to the sensitivity. Undefined without noise: no ε bounds that.
 * @throws GuildhallError as quantisationOf
 */
export function mechanismEvent(terms: RoundTerms): GaussianEvent | PureEvent | undefined {
  const { mechanism } = terms;
  switch (mechanism.kind) {
    case 'gaussian': {
      const { sensitivity } = quantisationOf(terms);
      const { noiseMultiplier, samplingRate } = mechanism;
      return accountedGaussian({ noiseMultiplier, samplingRate, sensitivity });
    }
    case 'laplace':
      return { kind: 'pure', epsilon: mechanism.epsilonNumerator / mechanism.epsilonDenominator };
    case 'none':
      return undefined;
  }
}

/**
 * The ledger entry that must be durable before the round's upload leaves. Undefined without noise.
 * @param spentAt milliseconds since the epoch, by the merchant's clock
 */
export function ledgerEntry(terms: RoundTerms, contractSha256: Uint8Array, spentAt: number): LedgerEntry | undefined {
  const event = mechanismEvent(terms);
  if (event === undefined) return undefined;
  const { sensitivity } = quantisationOf(terms);
  const release: LedgerEntry['release'] =
    event.kind === 'pure'
      ? { kind: 'pure', epsilon: event.epsilon, sensitivity }
      : {
          kind: 'gaussian',
          noiseMultiplier: event.noiseMultiplier,
          samplingRate: event.samplingRate,
          sensitivity,
          delta: terms.delta,
        };
  const { job, round } = terms;
  return { contractSha256: Buffer.from(contractSha256).toString('hex'), job, round, release, spentAt };
}

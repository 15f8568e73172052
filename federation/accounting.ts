import { eventOf } from '../privacy/index.js';
import type { LedgerEntry, MechanismEvent, Release } from '../privacy/index.js';
import { quantisationOf } from './codec/quantisation.js';
import type { RoundTerms } from './contract/terms.js';
import { localNoise } from './noise/local.js';

/**
 * What a round releases, as the ledger writes it down: with the noise that is left after the worst dropouts and
 * collusion, and with what rounding adds to the sensitivity. Undefined without noise: no ε bounds that.
 * @throws GuildhallError as quantisationOf
 */
function releaseOf(terms: RoundTerms): Release | undefined {
  const { mechanism, delta, dimension, shopperMultiplicity } = terms;
  const { sensitivity } = quantisationOf(terms);
  switch (mechanism.kind) {
    case 'gaussian': {
      const { noiseMultiplier, samplingRate } = mechanism;
      return { kind: 'discreteGaussian', noiseMultiplier, samplingRate, sensitivity, delta };
    }
    case 'local': {
      // Merchants' coins and noise are independent, so a shopper of m of them is in m times as many releases.
      const { noiseMultiplier, samplingRate, localSteps } = mechanism;
      const local = localNoise(mechanism, dimension);
      const repetitions = localSteps * shopperMultiplicity;
      return {
        kind: 'discreteGaussian',
        noiseMultiplier,
        samplingRate,
        sensitivity: local.sensitivity,
        delta,
        repetitions,
      };
    }
    case 'laplace':
      return { kind: 'pure', epsilon: mechanism.epsilonNumerator / mechanism.epsilonDenominator, sensitivity };
    case 'none':
      return undefined;
  }
}

/** What taking part in a round costs, as an accountant counts it. @throws GuildhallError as quantisationOf */
export function mechanismEvent(terms: RoundTerms): MechanismEvent | undefined {
  const release = releaseOf(terms);
  return release === undefined ? undefined : eventOf(release);
}

/**
 * The ledger entry that must be durable before the round's upload leaves. Undefined without noise.
 * @param spentAt milliseconds since the epoch, by the merchant's clock
 */
export function ledgerEntry(terms: RoundTerms, contractSha256: Uint8Array, spentAt: number): LedgerEntry | undefined {
  const release = releaseOf(terms);
  if (release === undefined) return undefined;
  const { job, round, steps } = terms;
  return { contractSha256: Buffer.from(contractSha256).toString('hex'), job, round, steps, release, spentAt };
}

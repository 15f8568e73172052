import type { SecAggTerms } from '../../crypto/index.js';
import type { RoundTerms } from './terms.js';

/** What secure aggregation needs of a contract. */
export function secAggTermsOf(terms: RoundTerms, contractSha256: Uint8Array): SecAggTerms {
  const { roster, dimension, ringBits } = terms;
  return {
    contractSha256,
    colluders: roster.colluders,
    minimumMerchants: roster.minimumMerchants,
    maximumMerchants: roster.maximumMerchants,
    minimumSurvivors: roster.minimumSurvivors,
    dimension,
    ringBits,
  };
}

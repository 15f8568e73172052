import { RING_BITS } from '../ring.js';
import { MAXIMUM_POINT } from '../shamir.js';
import { refuse } from './refusal.js';

/** What secure aggregation needs to know of a round's contract. */
export interface SecAggTerms {
  /** SHA-256 of the contract's payload bytes; it covers the model version. */
  readonly contractSha256: Uint8Array;
  /** c ≥ 1: so many merchants may collude with the coordinator. Absolute, never derived from a roster. */
  readonly colluders: number;
  /** Fewest merchants in U1. */
  readonly minimumMerchants: number;
  /** Most merchants in U1: more summands than this could wrap the ring. */
  readonly maximumMerchants: number;
  /** The contract's U_min; max(this, T) counts. */
  readonly minimumSurvivors: number;
  /** d: words of every merchant's vector. */
  readonly dimension: number;
  /** w: sums are taken modulo 2^w; 16..32. */
  readonly ringBits: number;
}

/** Largest d: a vector of 1 GiB. */
const MAXIMUM_DIMENSION = 2 ** 28;

/** @throws GuildhallError SECAGG_TERMS_INVALID naming the first value that is out of range */
export function checkTerms(terms: SecAggTerms): void {
  const range = (name: string, value: number, low: number, high: number): void => {
    if (!Number.isInteger(value) || value < low || value > high) {
      refuse('SECAGG_TERMS_INVALID', `${name} is ${value}; it must be an integer in ${low}..${high}`, { field: name });
    }
  };
  if (terms.contractSha256.length !== 32) {
    refuse('SECAGG_TERMS_INVALID', `a contract hash has 32 bytes, not ${terms.contractSha256.length}`);
  }
  range('colluders', terms.colluders, 1, MAXIMUM_POINT);
  range('minimumMerchants', terms.minimumMerchants, 0, MAXIMUM_POINT);
  range('maximumMerchants', terms.maximumMerchants, terms.minimumMerchants, MAXIMUM_POINT);
  range('minimumSurvivors', terms.minimumSurvivors, 0, MAXIMUM_POINT);
  range('dimension', terms.dimension, 1, MAXIMUM_DIMENSION);
  range('ringBits', terms.ringBits, RING_BITS.minimum, RING_BITS.maximum);
}

import type { Contract } from '../../proto/index.js';
import { quantisationOf } from '../codec/quantisation.js';
import { compileTerms } from '../contract/terms.js';
import type { RoundTerms } from '../contract/terms.js';
import { GuildhallError } from '../../errors/index.js';

/** The narrowest ring that a contract may have, and the widest. */
const RINGS = { least: 16, most: 32 } as const;

/**
 * The smallest ring in which a job's sums lose nothing: that the sum of all clamped inputs with all their noise cannot wrap
 * holds in any ring (privacy/mechanism/no-wrap); here the clamp itself must be out of reach of a merchant all of whose
 * contributions point the same way. An upload is w bits a coordinate.
 * @param contract a template; its own ring is not read
 * @param contributors shoppers at one merchant, at most, of whom each round samples some; 1 where the merchant itself
 *   contributes
 * @returns w in 16..32; 32 where even that clamps such a sum
 */
export function smallestRing(contract: Contract, contributors: number): number {
  const terms = compileTerms({ ...contract, federation: 'plan', round: 1, step: 1, modelSha256: Buffer.alloc(32) });
  const largest = mostSampled(terms, contributors) * largestCoordinate(terms);
  for (let ringBits: number = RINGS.least; ringBits < RINGS.most; ringBits++) {
    if (clampOf({ ...terms, ringBits }) >= largest) return ringBits;
  }
  return RINGS.most;
}

/** A Poisson sample is larger than this with probability below 10⁻⁸; what is lost then is accuracy. */
function mostSampled({ mechanism }: RoundTerms, contributors: number): number {
  const rate = mechanism.kind === 'gaussian' || mechanism.kind === 'none' ? mechanism.samplingRate : 1;
  const expected = rate * contributors;
  return Math.min(contributors, Math.ceil(expected + 6 * Math.sqrt(expected) + 6));
}

/** B; 0 where the noise alone fills the ring. */
function clampOf(terms: RoundTerms): number {
  try {
    return quantisationOf(terms).clamp;
  } catch (error) {
    if (error instanceof GuildhallError && error.code === 'RING_TOO_SMALL') return 0;
    throw error;
  }
}

/** Most quanta that one contribution can have in one coordinate. */
function largestCoordinate(terms: RoundTerms): number {
  const { mechanism } = terms;
  const { scale } = quantisationOf({ ...terms, ringBits: RINGS.most });
  switch (mechanism.kind) {
    case 'laplace':
      return mechanism.l1Bound;
    case 'local':
      return Math.ceil(scale * mechanism.movementNorm);
    case 'gaussian':
    case 'none':
      return Math.ceil(scale * mechanism.clipNorm);
  }
}

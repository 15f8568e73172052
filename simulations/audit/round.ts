import { streamRandom } from '../../crypto/index.js';
import { applySum, compileTerms, prepareInput, VectorCodec } from '../../federation/index.js';
import type { ModelKind, PlannedJob, RoundTerms, TrainingData } from '../../federation/index.js';
import type { RosterTerms } from '../../proto/index.js';
import type { AuditedNoise, AuditOptions } from './report.js';

/** δ at which the audited jobs are planned. */
export const DELTA = 1e-6;

/**
 * The federation that is audited. Its worst case, of which the claim speaks: the fewest survivors, and among them as many
 * colluders as are tolerated, who subtract their own vectors. What the attacker is left with is the sum of four merchants.
 */
export const ROSTER: RosterTerms = { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 };

/** Merchants whose vectors nobody can subtract. */
export const HONEST = ROSTER.minimumSurvivors - ROSTER.colluders;

/** The terms of one round of a planned job. */
export function termsOf({ template }: PlannedJob, step: number): RoundTerms {
  return compileTerms({ ...template, federation: 'audit', round: step, step, modelSha256: Buffer.alloc(32) });
}

const TOO_LITTLE = 10;

/** The terms that a broken federation runs by while it claims others: too little noise, or none. */
export function brokenTerms(terms: RoundTerms, noise: AuditedNoise): RoundTerms {
  const { mechanism } = terms;
  if (noise === 'full' || mechanism.kind === 'none') return terms;
  if (noise === 'off')
    return mechanism.kind === 'gaussian'
      ? { ...terms, mechanism: { ...mechanism, kind: 'none' } }
      : { ...terms, mechanism: { kind: 'none', clipNorm: mechanism.l1Bound, samplingRate: 1 } };
  return mechanism.kind === 'gaussian'
    ? { ...terms, mechanism: { ...mechanism, noiseMultiplier: mechanism.noiseMultiplier / TOO_LITTLE } }
    : { ...terms, mechanism: { ...mechanism, epsilonNumerator: mechanism.epsilonNumerator * TOO_LITTLE } };
}

/** What one audited round gives. */
export interface AuditedRound {
  /** The decoded sum, in units of a contribution: what the coordinator and its colluders can work out. */
  readonly sum: Float64Array;
  /** What is published from it. */
  readonly model: ModelKind;
}

/**
 * One round by the production path: every honest merchant samples, clips, sums, rounds, clamps and adds its share of noise
 * (`prepareInput`), vectors are added in the ring, and the sum is decoded and applied. Masking and unmasking are left out:
 * they return that very sum, as the tests of the secure aggregation show bit by bit.
 */
export async function runRound(
  terms: RoundTerms,
  model: ModelKind,
  merchants: readonly TrainingData[],
  { key }: Pick<AuditOptions, 'key'>,
): Promise<AuditedRound> {
  const sum = new Uint32Array(terms.dimension);
  for (const data of merchants) {
    const { vector } = await prepareInput({ terms, model, data, random: streamRandom(key()) });
    const mask = terms.ringBits === 32 ? 0xffffffff : 2 ** terms.ringBits - 1;
    vector.forEach((word, i) => (sum[i] = ((sum[i] ?? 0) + word) & mask));
  }
  return {
    sum: new VectorCodec(terms).fromRing(sum),
    model: applySum({ terms, model, sum, survivors: merchants.length }),
  };
}

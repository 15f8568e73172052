import { streamRandom } from '../../crypto/index.js';
import {
  applySum,
  compileTerms,
  ExcessNoise,
  noiseRatio,
  prepareInput,
  removeExcessNoise,
  VectorCodec,
} from '../../federation/index.js';
import type { ModelKind, NoiseStrategyName, PlannedJob, RoundTerms, TrainingData } from '../../federation/index.js';
import { NoiseStrategy } from '../../proto/index.js';
import type { RosterTerms } from '../../proto/index.js';
import type { AuditedNoise, AuditOptions } from './report.js';

/** δ at which the audited jobs are planned. */
export const DELTA = 1e-6;

/** The roster of the audited federation: eight merchants, two of them colluders, six or more survivors. */
export const ROSTER: RosterTerms = { minimumMerchants: 8, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 };

/**
 * |U3|. Noise for the worst case is least with the fewest survivors. Excess noise is taken out down to the same amount
 * whatever their number; seven of eight leave some to remove, and some that is not.
 */
const SURVIVORS: Readonly<Record<NoiseStrategyName, number>> = { 'worst-case': 6, removable: 7 };

/** Merchants whose vectors nobody can subtract: all survivors but the colluders, who subtract their own. */
export function honestMerchants(strategy: NoiseStrategyName): number {
  return SURVIVORS[strategy] - ROSTER.colluders;
}

const STRATEGIES = {
  'worst-case': NoiseStrategy.NOISE_STRATEGY_WORST_CASE,
  removable: NoiseStrategy.NOISE_STRATEGY_REMOVABLE,
} as const satisfies Record<NoiseStrategyName, NoiseStrategy>;

/** The terms of one round of a planned job. */
export function termsOf({ template }: PlannedJob, step: number, strategy: NoiseStrategyName): RoundTerms {
  const { privacy } = template;
  return compileTerms({
    ...template,
    ...(privacy === undefined ? {} : { privacy: { ...privacy, noiseStrategy: STRATEGIES[strategy] } }),
    federation: 'audit',
    round: step,
    step,
    modelSha256: Buffer.alloc(32),
  });
}

const TOO_LITTLE = 10;
/** Where something else hangs on there being noise: what local noise protects is added up, and clip bits weigh as it does. */
const AS_GOOD_AS_OFF = 1000;

/** The terms that a broken federation runs by while it claims others: too little noise, or none. */
export function brokenTerms(terms: RoundTerms, noise: AuditedNoise): RoundTerms {
  if (noise === 'full') return terms;
  const { mechanism, task } = terms;
  const divisor = noise === 'off' ? AS_GOOD_AS_OFF : TOO_LITTLE;
  switch (mechanism.kind) {
    case 'none':
      return terms;
    case 'gaussian':
      return noise === 'off' && !adaptsClipNorm(task)
        ? { ...terms, mechanism: { ...mechanism, kind: 'none' } }
        : {
            ...terms,
            mechanism: { ...mechanism, noiseMultiplier: mechanism.noiseMultiplier / divisor },
            task: withBitDeviation(task, divisor),
          };
    case 'local':
      return { ...terms, mechanism: { ...mechanism, noiseMultiplier: mechanism.noiseMultiplier / divisor } };
    case 'laplace':
      return noise === 'off'
        ? { ...terms, mechanism: { kind: 'none', clipNorm: mechanism.l1Bound, samplingRate: 1 } }
        : { ...terms, mechanism: { ...mechanism, epsilonNumerator: mechanism.epsilonNumerator * divisor } };
  }
}

function adaptsClipNorm(task: RoundTerms['task']): boolean {
  return task.$case === 'rerankerGradients' && task.value.adaptiveClipping !== undefined;
}

/** Less noise on clip bits as well, so that they weigh what the claim says. */
function withBitDeviation(task: RoundTerms['task'], divisor: number): RoundTerms['task'] {
  if (task.$case !== 'rerankerGradients' || task.value.adaptiveClipping === undefined) return task;
  const rule = task.value.adaptiveClipping;
  const adaptiveClipping = { ...rule, bitDeviation: rule.bitDeviation / divisor };
  return { ...task, value: { ...task.value, adaptiveClipping } };
}

/** What one audited round gives. */
export interface AuditedRound {
  /** The decoded sum, in units of a contribution: what the coordinator and its colluders can work out. */
  readonly sum: Float64Array;
  /** What is published from it. */
  readonly model: ModelKind;
}

/**
 * One round by the production path: every honest merchant samples, clips, sums, rounds, clamps and adds its noise
 * (`prepareInput`), vectors are added in the ring, excess noise is taken out where the contract says so, and the sum is
 * decoded and applied. Masking and unmasking are left out: they return that very sum, as the tests of the secure
 * aggregation show bit by bit.
 */
export async function runRound(
  terms: RoundTerms,
  model: ModelKind,
  merchants: readonly TrainingData[],
  { key }: Pick<AuditOptions, 'key'>,
): Promise<AuditedRound> {
  const sum = new Uint32Array(terms.dimension);
  const rosterSize = ROSTER.maximumMerchants;
  const survivors = Array.from({ length: SURVIVORS[terms.noiseStrategy] }, (_, m) => `merchant-${m}`);
  const attachments = new Map<string, Uint8Array>();
  for (const [m, data] of merchants.entries()) {
    const random = streamRandom(key());
    const { vector, componentKey } = await prepareInput({ terms, model, data, random, rosterSize });
    const mask = terms.ringBits === 32 ? 0xffffffff : 2 ** terms.ringBits - 1;
    vector.forEach((word, i) => (sum[i] = ((sum[i] ?? 0) + word) & mask));
    if (componentKey === undefined) continue;
    const excess = new ExcessNoise(terms, rosterSize, componentKey);
    attachments.set(`merchant-${m}`, excess.reveal({ rosterSize, survivors: survivors.length }));
  }
  const revealed = { terms, rosterSize, survivors, attachments };
  const removed = finish(removeExcessNoise(sum, revealed));
  return {
    sum: new VectorCodec(terms).fromRing(sum),
    model: applySum({
      terms,
      model,
      sum,
      survivors: survivors.length,
      noiseRatio: noiseRatio(revealed, removed),
    }),
  };
}

function finish<Result>(steps: Generator<void, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

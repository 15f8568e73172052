import { createHash } from 'node:crypto';

import type { Logger } from 'pino';

import { wordsToBytes } from '../../crypto/index.js';
import type { SecAggServer, UnmaskingPlan } from '../../crypto/index.js';
import { errorCodeOf } from '../../errors/index.js';
import { noiseRatio, removeExcessNoise } from '../../federation/index.js';
import type { RevealedRound, RoundTerms } from '../../federation/index.js';
import { modelIdOf } from '../store/index.js';
import type { ModelId, RoundKey, RoundRecord, Store } from '../store/index.js';
import { valueOf } from './replay.js';
import { sumVectors } from './summing.js';
import { inTurns } from './turns.js';
import { unmaskSum } from './unmasking.js';

/** Applies an unmasked noisy sum to a model's bytes and gives the next version's bytes. Deterministic. */
export type ApplySum = (release: {
  terms: RoundTerms;
  model: Uint8Array;
  sum: Uint32Array;
  /** |U3|. */
  survivors: number;
  /** The noise in the sum over the noise that the contract claims, as variances. */
  noiseRatio: number;
}) => Promise<Uint8Array>;

/** What a round has come to. */
export interface RoundResult {
  readonly model: { readonly id: ModelId; readonly bytes: Uint8Array; readonly version: number };
  /** The noisy sum's bytes, little-endian words. */
  readonly sum: Uint8Array;
}

/**
 * Sums the survivors' spooled vectors, takes the masks and the excess noise out and applies the sum to the job's newest model. A function of
 * what is stored: after a crash it gives the same bytes again.
 * @throws GuildhallError SECAGG_VECTOR_MISMATCH, UPLOAD_LENGTH, ROUND_KEY_LOST, STORAGE_UNAVAILABLE and what apply throws
 */
export async function computeResult(
  store: Store,
  applySum: ApplySum,
  round: {
    terms: RoundTerms;
    machine: SecAggServer;
    record: RoundRecord;
    key: RoundKey;
    plan: UnmaskingPlan;
    logger: Logger;
  },
): Promise<RoundResult> {
  const { terms, machine, record, key, plan, logger } = round;
  const { inputs } = valueOf(machine.closeCollecting());
  const vectors = machine.survivors.map((merchant, index) => {
    const envelope = inputs[index];
    if (envelope === undefined) throw new Error('a survivor without an envelope');
    return { envelope, chunks: store.uploads.read(record.id, merchant, key) };
  });
  const sum = await sumVectors(vectors, terms);
  await unmaskSum(sum, plan, terms.ringBits, {
    onThreadFailure: (err) => {
      logger.warn({ round: record.id, code: errorCodeOf(err), err }, 'unmasking goes on without threads');
    },
  });
  const revealed: RevealedRound = {
    terms,
    rosterSize: valueOf(machine.closeAdvertising()).advertisements.length,
    survivors: machine.survivors,
    attachments: machine.attachments,
  };
  const removed = await inTurns(removeExcessNoise(sum, revealed));
  const newest = await store.models.newest(record.job);
  if (newest === undefined) throw new Error('a job without a model');
  const model = await store.models.readWhole(newest.id);
  const survivors = machine.survivors.length;
  const bytes = await applySum({ terms, model, sum, survivors, noiseRatio: noiseRatio(revealed, removed) });
  const id = modelIdOf(createHash('sha256').update(bytes).digest());
  return { model: { id, bytes, version: newest.version + 1 }, sum: wordsToBytes(sum) };
}

import { createHash } from 'node:crypto';

import type { SignedContract } from '../../federation/index.js';
import { Envelope } from '../../proto/index.js';
import { modelIdOf, roundIdOf } from '../store/index.js';
import type { JobRecord, ModelVersion, RoundMember, RoundRecord, Store } from '../store/index.js';
import type { RoundParts } from './round-work.js';
import { machineOf } from './replay.js';
import type { RoundRules } from './state.js';

/** The initial model of a job that builds on another job's newest model: both, and the result, as bytes. */
export type StartFrom = (model: Uint8Array, source: Uint8Array) => Uint8Array;

/** The model that the job's next round starts from; a job that builds on another takes over its release first. */
export async function startingModel(
  store: Store,
  job: JobRecord,
  options: { startFrom: StartFrom; announce: (model: ModelVersion) => void },
): Promise<ModelVersion> {
  const { models } = store;
  const own = await models.newest(job.name);
  if (own === undefined) throw new Error(`the job ${job.name} has no model`);
  const source = job.startsFrom === '' ? undefined : await models.newest(job.startsFrom);
  // Version 0 of the source is what it was submitted with: it has released nothing.
  if (own.version > 0 || source === undefined || source.version === 0) return own;
  const bytes = options.startFrom(await models.readWhole(own.id), await models.readWhole(source.id));
  const id = modelIdOf(createHash('sha256').update(bytes).digest());
  const started = { job: job.name, version: 1, id, size: bytes.length };
  await models.append({ ...started, bytes }, store.lease);
  options.announce(started);
  return started;
}

/**
 * Draws a round's key and stores the round, before its contract leaves the house.
 * @throws GuildhallError STORAGE_UNAVAILABLE, LEASE_LOST; no key is left then
 */
export async function storeNewRound(
  store: Store,
  round: {
    job: string;
    signed: SignedContract;
    rules: RoundRules;
    members: readonly RoundMember[];
    nowMs: number;
  },
): Promise<RoundParts> {
  const { signed, rules, nowMs } = round;
  const { terms } = signed;
  const record: RoundRecord = {
    id: roundIdOf(signed.sha256),
    job: round.job,
    round: terms.round,
    step: terms.step,
    contract: Buffer.from(Envelope.encode(signed.envelope).finish()),
    members: round.members,
    phase: 'advertising',
    deadlineMs: nowMs + rules.phaseMs.advertising,
    code: '',
    cohorts: {},
    startedAtMs: nowMs,
    endedAtMs: undefined,
  };
  const machine = machineOf(terms, record);
  const key = store.roundKeys.create(record.id);
  try {
    await store.rounds.open(record);
  } catch (error) {
    store.roundKeys.destroy(record.id);
    throw error;
  }
  return { record, terms, rules, machine, key };
}

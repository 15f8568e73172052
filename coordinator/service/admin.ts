import { createHash, randomBytes } from 'node:crypto';

import type { ServerReadableStream } from '@grpc/grpc-js';
import type { Logger } from 'pino';

import { errorCodeOf, GuildhallError } from '../../errors/index.js';
import { compileTerms } from '../../federation/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { Contract, MerchantState } from '../../proto/index.js';
import type {
  AdminServiceServer,
  GetStatusResponse,
  MerchantStatus,
  SubmitJobRequest,
  SubmitJobResponse,
} from '../../proto/index.js';
import { termOf } from '../ca/index.js';
import type { CertificateWatch } from '../certificates.js';
import type { Clock } from '../clock.js';
import { NAME_PATTERN } from '../config.js';
import { contractFor } from '../rounds/contract.js';
import type { Driver } from '../rounds/driver.js';
import type { Presence } from '../rounds/presence.js';
import { digestOf, modelIdOf } from '../store/index.js';
import type { RoundRecord, Store } from '../store/index.js';
import { sha256Hex, TOKEN_BYTES } from './enrolment.js';
import { malformed } from './errors.js';
import { Handlers } from './handlers.js';
import type { Gate } from './handlers.js';
import { LARGEST_MODEL } from './limits.js';
import { JOB_STATES, PHASES } from './watch.js';
import type { Renewals } from './renewal.js';
import type { WatchHub } from './watch.js';

/** An invite is valid for a minute at least and a quarter of a year at most. */
const VALIDITY_MS = { least: 60_000, most: 92 * 86_400_000 } as const;
/** Rounds that a status shows. */
const ROUNDS_SHOWN = 200;

/** Checks that a job's terms and its initial model go together. @throws GuildhallError with the reason */
export type CheckJob = (terms: RoundTerms, model: Uint8Array) => void;

/** What the admin service works with. */
export interface AdminParts {
  readonly gate: Gate;
  readonly store: Store;
  readonly driver: Driver;
  readonly hub: WatchHub;
  readonly presence: Presence;
  readonly renewals: Renewals;
  readonly certificates: CertificateWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly federation: string;
  readonly checkJob: CheckJob;
  /** What stands in every invite. */
  readonly invitation: () => {
    authority: Buffer;
    contractKey: Buffer;
    address: string;
    enrolmentAddress: string;
  };
}

/** AdminService: the platform's own people. */
export function adminService(parts: AdminParts): AdminServiceServer {
  const { store, driver, hub, clock, logger } = parts;
  const handlers = new Handlers(parts.gate, 'administrator');
  return {
    createInvite: handlers.unary(async ({ merchant, validForMs }) => {
      if (!NAME_PATTERN.test(merchant))
        throw new GuildhallError('MERCHANT_NAME_INVALID', `No merchant can be named so.`);
      if (validForMs < VALIDITY_MS.least || validForMs > VALIDITY_MS.most) {
        throw malformed('An invite is valid for a minute to 92 days.');
      }
      const token = randomBytes(TOKEN_BYTES);
      const nowMs = clock.now();
      const expiresAtMs = nowMs + validForMs;
      await store.merchants.invite({ merchant, tokenSha256: sha256Hex(token), nowMs, expiresAtMs });
      logger.info({ merchant, expiresAtMs }, 'invite created');
      return { token, expiresAtMs, federation: parts.federation, ...parts.invitation() };
    }),
    listMerchants: handlers.unary(async () => ({ merchants: await listMerchants(parts) })),
    revokeMerchant: handlers.unary(async ({ merchant }) => {
      await store.merchants.revoke(merchant, clock.now());
      hub.dismiss(merchant);
      await driver.revoked(merchant);
      logger.warn({ merchant }, 'merchant revoked');
      return {};
    }),
    renewMerchant: handlers.unary(async ({ merchant }) => ({ certificate: await parts.renewals.renew(merchant) })),
    submitJob: handlers.receiving((call) => submitJob(parts, call)),
    getStatus: handlers.unary(() => getStatus(parts)),
  };
}

async function listMerchants({ store, presence }: AdminParts): Promise<MerchantStatus[]> {
  const invites = await store.merchants.listInvites();
  const merchants = await store.merchants.list();
  return [
    ...merchants.map(({ name, state, identityKey, certificate, sinceMs }) => ({
      merchant: name,
      state: state === 'enrolled' ? MerchantState.MERCHANT_STATE_ENROLLED : MerchantState.MERCHANT_STATE_REVOKED,
      identityKey,
      sinceMs,
      connected: presence.connected.has(name),
      certificateExpiresAtMs: termOf(certificate).untilMs,
    })),
    ...invites.map(({ merchant, createdAtMs }) => ({
      merchant,
      state: MerchantState.MERCHANT_STATE_INVITED,
      identityKey: Buffer.alloc(0),
      sinceMs: createdAtMs,
      connected: false,
      certificateExpiresAtMs: 0,
    })),
  ].sort((a, b) => (a.merchant < b.merchant ? -1 : 1));
}

async function submitJob(
  { store, driver, clock, federation, checkJob, logger }: AdminParts,
  call: ServerReadableStream<SubmitJobRequest, SubmitJobResponse>,
): Promise<SubmitJobResponse> {
  const { template, startsFrom, bytes } = await readJob(call);
  const id = modelIdOf(createHash('sha256').update(bytes).digest());
  const job = { name: template.job, template: encoded(template), steps: template.steps, stepsDone: 0, nextRound: 1 };
  try {
    const terms = compileTerms(contractFor({ job, federation, model: { id }, nowMs: clock.now() }));
    checkJob(terms, bytes);
  } catch (error) {
    if (errorCodeOf(error) === 'INTERNAL') throw error;
    const reason = error instanceof Error ? error.message : '';
    throw new GuildhallError('JOB_MALFORMED', `The job cannot run. ${reason}`, { cause: error });
  }
  if (startsFrom !== '' && !(await store.jobs.list()).some(({ name }) => name === startsFrom)) {
    throw new GuildhallError('JOB_MALFORMED', `The job is to start from ${startsFrom}, which was never submitted.`);
  }
  const { name, steps } = job;
  await store.jobs.submit({ name, template: job.template, startsFrom, steps, model: { id, bytes } });
  logger.info({ job: job.name, steps: job.steps, model: id, bytes: bytes.length }, 'job submitted');
  driver.consider();
  return { modelSha256: digestOf(id) };
}

async function readJob(
  call: AsyncIterable<SubmitJobRequest>,
): Promise<{ template: Contract; startsFrom: string; bytes: Buffer }> {
  let template: Contract | undefined;
  let source = '';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const { part, startsFrom } of call) {
    if (template === undefined) {
      if (part?.$case !== 'contractTemplate') throw malformed('A job begins with its contract template.');
      template = decoded(part.value);
      source = startsFrom;
    } else if (part?.$case === 'modelChunk') {
      size += part.value.length;
      if (size > LARGEST_MODEL) throw malformed(`A model has at most ${LARGEST_MODEL} bytes.`);
      chunks.push(part.value);
    } else {
      throw malformed('After the template come chunks of the model only.');
    }
  }
  if (template === undefined) throw malformed('A job begins with its contract template.');
  return { template, startsFrom: source, bytes: Buffer.concat(chunks) };
}

async function getStatus({ store, certificates, federation }: AdminParts): Promise<GetStatusResponse> {
  const jobs: GetStatusResponse['jobs'] = [];
  for (const { name, state, stepsDone, steps, code, reason } of await store.jobs.list()) {
    const model = await store.models.newest(name);
    jobs.push({
      job: name,
      state: JOB_STATES[state],
      stepsDone,
      steps,
      code,
      reason,
      modelVersion: model?.version ?? 0,
      modelSha256: model === undefined ? Buffer.alloc(0) : digestOf(model.id),
    });
  }
  const rounds: GetStatusResponse['rounds'] = [];
  for (const record of await store.rounds.listRecent(ROUNDS_SHOWN)) rounds.push(await roundStatus(store, record));
  const ends = (await certificates.ends()).map(({ holder, untilMs, isNear }) => ({
    holder,
    expiresAtMs: untilMs,
    expiresSoon: isNear,
  }));
  return { federation, jobs, rounds, certificates: ends };
}

async function roundStatus(store: Store, record: RoundRecord): Promise<GetStatusResponse['rounds'][number]> {
  const { roster = [], sharers = [], survivors = [] } = record.cohorts;
  return {
    job: record.job,
    round: record.round,
    contractSha256: digestOf(record.id),
    phase: PHASES[record.phase],
    code: record.code,
    roster: [...roster],
    sharers: [...sharers],
    survivors: [...survivors],
    refusals: await store.rounds.refusals(record.id),
    startedAtMs: record.startedAtMs,
    endedAtMs: record.endedAtMs ?? 0,
  };
}

function encoded(template: Contract): Buffer {
  return Buffer.from(Contract.encode(template).finish());
}

function decoded(bytes: Uint8Array): Contract {
  try {
    return Contract.decode(bytes);
  } catch (error) {
    throw new GuildhallError('JOB_MALFORMED', 'The contract template does not decode.', { cause: error });
  }
}

import { credentials, Metadata } from '@grpc/grpc-js';
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';

import { GuildhallError, isErrorCode } from '../errors/index.js';
import { AdminServiceClient, Contract } from '../proto/index.js';
import type {
  CreateInviteResponse,
  GetStatusResponse,
  ListMerchantsResponse,
  MerchantStatus,
  RenewMerchantResponse,
  RevokeMerchantResponse,
  SubmitJobRequest,
} from '../proto/index.js';
import { readFileIfPresent, requireFile } from './files.js';
import { statePaths } from './paths.js';
import { CODE_TRAILER } from './service/errors.js';
import { chunksOf } from './store/index.js';

/** A call to the coordinator takes this long at most. */
const DEADLINE_MS = 15_000;
/** Sending a model takes this long at most. */
const SUBMIT_DEADLINE_MS = 300_000;

const Addresses = z.object({ rounds: z.string() });

/** All that a merchant needs to join; the token is a secret. */
export type Invite = CreateInviteResponse;

/** A job as a platform submits it. */
export interface JobSubmission {
  readonly template: Contract;
  readonly model: Uint8Array;
  /** An earlier job whose newest model this one starts from. @default none */
  readonly startsFrom?: string | undefined;
}

/** The platform's own hands on a running coordinator. */
export interface Admin {
  /**
   * Makes a one-time invite.
   * @param invite.validForMs a minute to 92 days
   * @throws GuildhallError MERCHANT_EXISTS, MERCHANT_NAME_INVALID, REQUEST_MALFORMED
   */
  createInvite(invite: { merchant: string; validForMs: number }): Promise<Invite>;
  listMerchants(): Promise<MerchantStatus[]>;
  /** @throws GuildhallError MERCHANT_UNKNOWN */
  revokeMerchant(merchant: string): Promise<void>;
  /**
   * Submits a job: a contract as template, and the model that its first round starts from, or that takes over what
   * another job has released by then.
   * @returns the model's SHA-256 @throws GuildhallError JOB_EXISTS, JOB_MALFORMED
   */
  submitJob(job: JobSubmission): Promise<Buffer>;
  /**
   * A merchant's certificate with a new term, DER, for one that cannot ask for it itself because the old one has expired.
   * @throws GuildhallError MERCHANT_UNKNOWN, CERTIFICATE_REVOKED
   */
  renewMerchant(merchant: string): Promise<Buffer>;
  status(): Promise<GetStatusResponse>;
  close(): void;
}

/**
 * Opens the admin API of the coordinator that runs on a state directory, with that directory's certificate.
 * @throws GuildhallError STATE_DIRECTORY_INVALID, COORDINATOR_NOT_RUNNING
 */
export function openAdmin(dir: string): Admin {
  const paths = statePaths(dir);
  const authority = requireFile(paths.authorityCertificate);
  const certificate = requireFile(paths.administratorCertificate);
  const key = requireFile(paths.administratorKey);
  const addresses = readFileIfPresent(paths.addresses);
  if (addresses === undefined) {
    throw new GuildhallError('COORDINATOR_NOT_RUNNING', `No coordinator runs on ${dir}.`);
  }
  const { rounds } = Addresses.parse(JSON.parse(addresses.toString()));
  const client = new AdminServiceClient(rounds, credentials.createSsl(authority, key, certificate), {
    // The address may be an IP address; the certificate always holds this name.
    'grpc.ssl_target_name_override': 'localhost',
  });
  return {
    createInvite: (invite) =>
      call<CreateInviteResponse>((metadata, options, done) => client.createInvite(invite, metadata, options, done)),
    listMerchants: async () =>
      (
        await call<ListMerchantsResponse>((metadata, options, done) =>
          client.listMerchants({}, metadata, options, done),
        )
      ).merchants,
    revokeMerchant: async (merchant) => {
      await call<RevokeMerchantResponse>((metadata, options, done) =>
        client.revokeMerchant({ merchant }, metadata, options, done),
      );
    },
    renewMerchant: async (merchant) =>
      (
        await call<RenewMerchantResponse>((metadata, options, done) =>
          client.renewMerchant({ merchant }, metadata, options, done),
        )
      ).certificate,
    submitJob: (job) => submitJob(client, job),
    status: () => call<GetStatusResponse>((metadata, options, done) => client.getStatus({}, metadata, options, done)),
    close: () => {
      client.close();
    },
  };
}

type Done<A> = (error: ServiceError | null, answer: A) => void;

function call<A>(
  start: (metadata: Metadata, options: { deadline: number }, done: Done<A>) => ClientUnaryCall,
): Promise<A> {
  return new Promise((resolve, reject) => {
    start(new Metadata(), { deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(fromServiceError(error));
    });
  });
}

async function submitJob(client: AdminServiceClient, job: JobSubmission): Promise<Buffer> {
  const { template, model, startsFrom = '' } = job;
  return new Promise((resolve, reject) => {
    const stream = client.submitJob(new Metadata(), { deadline: Date.now() + SUBMIT_DEADLINE_MS }, (error, answer) => {
      if (error === null) resolve(answer.modelSha256);
      else reject(fromServiceError(error));
    });
    const contractTemplate = Buffer.from(Contract.encode(template).finish());
    stream.write({ part: { $case: 'contractTemplate', value: contractTemplate }, startsFrom });
    const chunks = chunksOf(model);
    const more = (): void => {
      for (let next = chunks.next(); next.done !== true; next = chunks.next()) {
        const request: SubmitJobRequest = { part: { $case: 'modelChunk', value: next.value }, startsFrom: '' };
        if (!stream.write(request)) {
          stream.once('drain', more);
          return;
        }
      }
      stream.end();
    };
    more();
  });
}

/** A gRPC failure as the coordinator's own error, by the code in its trailer. */
function fromServiceError(error: ServiceError): GuildhallError {
  const [code] = error.metadata.get(CODE_TRAILER);
  if (typeof code === 'string' && isErrorCode(code)) {
    return new GuildhallError(code, error.details, { cause: error });
  }
  return new GuildhallError('COORDINATOR_NOT_RUNNING', `The coordinator does not answer: ${error.details}`, {
    cause: error,
  });
}

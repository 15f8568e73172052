import { RoundsServiceService } from '../../proto/index.js';
import type {
  Agreements,
  Coins,
  Delivery,
  Envelope,
  Roster,
  Survivors,
  UploadInputRequest,
  WatchResponse,
} from '../../proto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { CallBounds, Caller } from '../wire/caller.js';

/** Largest piece of an upload: 256 KiB. */
export const UPLOAD_CHUNK_BYTES = 256 * 1024;

/** What one upload sends. */
export interface Upload {
  readonly input: Envelope;
  /** The masked vector's bytes, whose digest `input` signs. */
  readonly vector: Uint8Array;
  /** Head of the merchant's ledger, 32 bytes, to be countersigned. */
  readonly ledgerHead: Uint8Array;
}

/** The rounds service as a merchant uses it; one method a call, no retries. */
export interface RoundsApi {
  /** Resolves once the connection stands. */
  ready(signal: AbortSignal): Promise<void>;
  watch(bounds: CallBounds): AsyncIterable<WatchResponse>;
  /** The platform's word for who is a merchant: name to Ed25519 identity key. */
  listMembers(bounds: CallBounds): Promise<ReadonlyMap<string, Uint8Array>>;
  downloadModel(sha256: Uint8Array, bounds: CallBounds): AsyncIterable<Uint8Array>;
  advertise(contract: Uint8Array, advertisement: Envelope, bounds: CallBounds): Promise<void>;
  roster(contract: Uint8Array, bounds: CallBounds): Promise<Roster>;
  open(contract: Uint8Array, opening: Envelope, bounds: CallBounds): Promise<void>;
  coins(contract: Uint8Array, bounds: CallBounds): Promise<Coins>;
  share(contract: Uint8Array, sharing: Envelope, bounds: CallBounds): Promise<void>;
  delivery(contract: Uint8Array, bounds: CallBounds): Promise<Delivery>;
  /** Sends the signed header and the vector's bytes; resolves with the signed receipt, not yet verified. */
  upload(contract: Uint8Array, upload: Upload, bounds: CallBounds): Promise<Envelope>;
  /** The newest receipt that the coordinator has for this merchant, not yet verified. */
  newestReceipt(bounds: CallBounds): Promise<Envelope | undefined>;
  survivors(contract: Uint8Array, bounds: CallBounds): Promise<Survivors>;
  agree(contract: Uint8Array, agreement: Envelope, bounds: CallBounds): Promise<void>;
  agreements(contract: Uint8Array, bounds: CallBounds): Promise<Agreements>;
  unmask(contract: Uint8Array, unmasking: Envelope, bounds: CallBounds): Promise<void>;
  /** The merchant's certificate with a new term, DER, not yet verified. */
  renewCertificate(bounds: CallBounds): Promise<Uint8Array>;
  /** A refusal: the code and nothing else. */
  decline(contract: Uint8Array, code: string, bounds: CallBounds): Promise<void>;
}

/** The rounds service over one connection. @throws GuildhallError of the coordinator's code, or COORDINATOR_* */
export function roundsApi(caller: Caller): RoundsApi {
  const service = RoundsServiceService;
  return {
    ready: (signal) => caller.ready(signal),
    watch: (bounds) => caller.stream(service.watch, {}, bounds),
    async listMembers(bounds) {
      const { members } = await caller.unary(service.listMembers, {}, bounds);
      return new Map(members.map(({ merchant, identityKey }) => [merchant, new Uint8Array(identityKey)]));
    },
    async *downloadModel(sha256, bounds) {
      for await (const { chunk } of caller.stream(service.downloadModel, { sha256: Buffer.from(sha256) }, bounds)) {
        yield chunk;
      }
    },
    async advertise(contract, advertisement, bounds) {
      await caller.unary(service.advertise, { contractSha256: Buffer.from(contract), advertisement }, bounds);
    },
    async roster(contract, bounds) {
      const { roster } = await caller.unary(service.getRoster, { contractSha256: Buffer.from(contract) }, bounds);
      return present(roster, 'roster');
    },
    async open(contract, opening, bounds) {
      await caller.unary(service.open, { contractSha256: Buffer.from(contract), opening }, bounds);
    },
    async coins(contract, bounds) {
      const { coins } = await caller.unary(service.getCoins, { contractSha256: Buffer.from(contract) }, bounds);
      return present(coins, 'coins');
    },
    async share(contract, sharing, bounds) {
      await caller.unary(service.share, { contractSha256: Buffer.from(contract), sharing }, bounds);
    },
    async delivery(contract, bounds) {
      const { delivery } = await caller.unary(service.getDelivery, { contractSha256: Buffer.from(contract) }, bounds);
      return present(delivery, 'delivery');
    },
    async upload(contract, upload, bounds) {
      const { receipt } = await caller.upload(service.uploadInput, uploadMessages(contract, upload), bounds);
      return present(receipt, 'receipt');
    },
    async newestReceipt(bounds) {
      return (await caller.unary(service.getNewestReceipt, {}, bounds)).receipt;
    },
    async survivors(contract, bounds) {
      const answer = await caller.unary(service.getSurvivors, { contractSha256: Buffer.from(contract) }, bounds);
      return present(answer.survivors, 'survivors');
    },
    async agree(contract, agreement, bounds) {
      await caller.unary(service.agree, { contractSha256: Buffer.from(contract), agreement }, bounds);
    },
    async agreements(contract, bounds) {
      const answer = await caller.unary(service.getAgreements, { contractSha256: Buffer.from(contract) }, bounds);
      return present(answer.agreements, 'agreements');
    },
    async unmask(contract, unmasking, bounds) {
      await caller.unary(service.unmask, { contractSha256: Buffer.from(contract), unmasking }, bounds);
    },
    async renewCertificate(bounds) {
      return (await caller.unary(service.renewCertificate, {}, bounds)).certificate;
    },
    async decline(contract, code, bounds) {
      await caller.unary(service.decline, { contractSha256: Buffer.from(contract), code }, bounds);
    },
  };
}

/** Header, then the vector in order; views into it, made as they are sent. */
export function* uploadMessages(
  contract: Uint8Array,
  { input, vector, ledgerHead }: Upload,
): Generator<UploadInputRequest, void, undefined> {
  const header = { contractSha256: Buffer.from(contract), input, ledgerHead: Buffer.from(ledgerHead) };
  yield { part: { $case: 'header', value: header } };
  for (let offset = 0; offset < vector.length; offset += UPLOAD_CHUNK_BYTES) {
    const length = Math.min(UPLOAD_CHUNK_BYTES, vector.length - offset);
    yield { part: { $case: 'chunk', value: Buffer.from(vector.buffer, vector.byteOffset + offset, length) } };
  }
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new GuildhallError('COORDINATOR_ANSWER', `The coordinator's answer holds no ${what}.`);
  return value;
}

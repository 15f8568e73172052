import { createHash } from 'node:crypto';

import { errorCodeOf, GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { packedCut, requireSignedDigest, requireZeroPadding } from '../../crypto/index.js';
import type { SigningKey } from '../../crypto/index.js';
import { LEDGER_HEAD_BYTES, signReceipt, uploadBytes } from '../../federation/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { Envelope, MaskedInput } from '../../proto/index.js';
import type { UploadHeader, UploadInputRequest } from '../../proto/index.js';
import type { Clock } from '../clock.js';
import type { OpenRound } from '../rounds/open-round.js';
import { CHUNK_BYTES, digestOf } from '../store/index.js';
import type { RoundId, Store } from '../store/index.js';
import { malformed } from './errors.js';
import { Cut, RowBuffer } from './upload-parts.js';

/**
 * What an upload meets when its round ends under it: the key is erased, its rows are deleted, its sender has given up.
 * None of these says so by itself.
 */
const PERHAPS_LATE: ReadonlySet<ErrorCode> = new Set(['ROUND_KEY_LOST', 'UPLOAD_SUPERSEDED', 'UPLOAD_STALLED']);

/** Receives masked inputs: one stream a merchant, spooled to the store as it comes, never whole in memory. */
export class UploadDesk {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #contractKey: SigningKey;
  readonly #active = new Map<string, (reason: GuildhallError) => void>();

  constructor(options: { store: Store; clock: Clock; stallMs: number; contractKey: SigningKey }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#stallMs = options.stallMs;
    this.#contractKey = options.contractKey;
  }

  /**
   * Takes one upload whose header has been read.
   * @param upload the signed envelope, and the ledger head that the merchant wants countersigned
   * @param parts what follows the header; asked for piece by piece, so that the sender is held back by the store
   * @returns the signed receipt, serialised: given after the commit, the same for a repeat
   * @throws GuildhallError REQUEST_MALFORMED without a ledger head, UPLOAD_TOO_LARGE, UPLOAD_LENGTH, SECAGG_VECTOR_MISMATCH, UPLOAD_SUPERSEDED, UPLOAD_STALLED,
   * and, also where the round goes on or ends while bytes arrive, those of OpenRound.submit
   */
  async receive(
    round: OpenRound,
    merchant: string,
    upload: { envelope: Envelope; ledgerHead: Buffer },
    parts: AsyncIterator<UploadInputRequest>,
  ): Promise<Buffer> {
    const { envelope, ledgerHead } = upload;
    if (ledgerHead.length !== LEDGER_HEAD_BYTES) throw malformed(`A ledger head has ${LEDGER_HEAD_BYTES} bytes.`);
    if ((await round.announceUpload(merchant, envelope)) === 'repeat') return this.receiptOf(round.record.id, merchant);
    const signed = MaskedInput.decode(envelope.payload).vectorSha256;
    const receipt = signReceipt(
      { contractSha256: digestOf(round.record.id), merchant, vectorSha256: signed, ledgerHead },
      this.#contractKey,
    );
    this.#active.get(merchant)?.(
      new GuildhallError('UPLOAD_SUPERSEDED', `${merchant} began to upload on another connection.`),
    );
    const cut = new Cut(this.#clock, this.#stallMs);
    this.#active.set(merchant, cut.now);
    try {
      const next = (): Promise<IteratorResult<UploadInputRequest>> => cut.race(parts.next());
      return await this.#spool(round, merchant, { envelope, signed, receipt }, next);
    } finally {
      cut.cancel();
      if (this.#active.get(merchant) === cut.now) this.#active.delete(merchant);
    }
  }

  /** The receipt of an upload that counts, serialised. */
  async receiptOf(round: RoundId, merchant: string): Promise<Buffer> {
    const receipt = await this.#store.receipts.find(round, merchant);
    if (receipt === undefined) throw new Error('an accepted upload has no receipt');
    return receipt;
  }

  async #spool(
    round: OpenRound,
    merchant: string,
    { envelope, signed, receipt: countersigned }: { envelope: Envelope; signed: Buffer; receipt: Envelope },
    next: () => Promise<IteratorResult<UploadInputRequest>>,
  ): Promise<Buffer> {
    const { uploads } = this.#store;
    const expected = uploadBytes(round.terms);
    const upload = await uploads.begin({ round: round.record.id, merchant, sha256: signed.toString('hex') });
    try {
      const hash = createHash('sha256');
      // Whole words in every row, so that each can be added up by itself.
      const row = new RowBuffer(packedCut(CHUNK_BYTES, round.terms.ringBits), (idx, bytes) =>
        uploads.add(upload, round.key, idx, bytes),
      );
      let received = 0;
      let last = 0;
      for (let part = await next(); part.done !== true; part = await next()) {
        const chunk = chunkOf(part.value);
        received += chunk.length;
        if (received > expected) {
          throw new GuildhallError('UPLOAD_TOO_LARGE', `More than the ${expected} bytes of the contract came.`);
        }
        if (round.state.phase !== 'collecting') {
          throw new GuildhallError('PHASE_PASSED', `The round went on to ${round.state.phase} during the upload.`);
        }
        hash.update(chunk);
        last = chunk[chunk.length - 1] ?? 0;
        await row.write(chunk);
      }
      await row.flush();
      if (received !== expected) {
        throw new GuildhallError('UPLOAD_LENGTH', `${received} bytes came, not the ${expected} of the contract.`);
      }
      requirePadding(last, round.terms);
      requireSignedDigest(envelope, hash.digest());
      const receipt = Buffer.from(Envelope.encode(countersigned).finish());
      await round.submitUpload(merchant, envelope, { id: upload, receipt });
      // Two connections may have sent the same input: what was committed first is what both are told.
      return await this.receiptOf(round.record.id, merchant);
    } catch (error) {
      await uploads.drop(upload).catch(() => undefined);
      if (!PERHAPS_LATE.has(errorCodeOf(error))) throw error;
      // The round itself knows whether it still waits, and throws if not; another connection may have been faster.
      if ((await round.announceUpload(merchant, envelope)) === 'new') throw error;
      return this.receiptOf(round.record.id, merchant);
    }
  }
}

/** @throws GuildhallError UPLOAD_LENGTH if the last byte holds more than the last coordinate's bits */
function requirePadding(lastByte: number, { dimension, ringBits }: RoundTerms): void {
  try {
    requireZeroPadding(lastByte, { words: dimension, ringBits });
  } catch (cause) {
    throw new GuildhallError('UPLOAD_LENGTH', 'Bits are set behind the last coordinate.', { cause });
  }
}

/** The header that must come first. @throws GuildhallError REQUEST_MALFORMED */
export function headerOf(first: IteratorResult<UploadInputRequest>): UploadHeader {
  if (first.done === true || first.value.part?.$case !== 'header') throw malformed('An upload begins with its header.');
  return first.value.part.value;
}

function chunkOf(request: UploadInputRequest): Buffer {
  if (request.part?.$case !== 'chunk') throw malformed('After the header come chunks only.');
  const { value } = request.part;
  if (value.length === 0 || value.length > CHUNK_BYTES) throw malformed(`A chunk has 1 to ${CHUNK_BYTES} bytes.`);
  return value;
}

import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import {
  SecAggServer,
  addPacked,
  eraseUnmasking,
  requireSignedDigest,
  sha256,
  wordsToBytes,
} from '../../crypto/index.js';
import type { Closing, ServerStep } from '../../crypto/index.js';
import { inTurns } from '../../coordinator/rounds/turns.js';
import { unmaskSum } from '../../coordinator/rounds/unmasking.js';
import { Agreements, Coins, Delivery, Envelope, Roster, Survivors } from '../../proto/index.js';
import { namesOf, termsOf } from './cell.js';
import type { Cell } from './cell.js';

/** An upload at hand: what its merchant signed, and how far its bytes have come. */
interface Upload {
  readonly envelope: Envelope;
  readonly hash: Hash;
  at: number;
}

/**
 * The coordinator's part of a round without its store and its network: the real machine, and uploads that are hashed and
 * added as they arrive. Memory: one vector, one chunk and the machine's messages.
 */
export class ServerPart {
  readonly #machine: SecAggServer;
  readonly #cell: Cell;
  readonly #sum: Uint32Array;
  #upload: Upload | undefined;

  /** @param keys the members' identity keys one after another, in merchant order */
  constructor(cell: Cell, keys: Uint8Array) {
    this.#cell = cell;
    const members = new Map(namesOf(cell).map((name, index) => [name, keys.slice(32 * index, 32 * index + 32)]));
    this.#machine = SecAggServer.create({ terms: termsOf(cell), members });
    this.#sum = new Uint32Array(cell.dimension);
  }

  accept(step: ServerStep, merchant: string, body: Uint8Array): void {
    const envelope = Envelope.decode(body);
    this.#machine.accept(step, merchant, envelope);
    if (step === 'input') this.#upload = { envelope, hash: createHash('sha256'), at: 0 };
  }

  chunk(bytes: Uint8Array): void {
    const upload = this.#upload;
    if (upload === undefined) throw new Error('a piece of no vector');
    upload.hash.update(bytes);
    upload.at += addPacked(this.#sum, bytes, { ringBits: this.#cell.ringBits, from: upload.at });
    if (upload.at < this.#sum.length) return;
    requireSignedDigest(upload.envelope, upload.hash.digest());
    this.#upload = undefined;
  }

  delivery(merchant: string): Uint8Array {
    return Delivery.encode(this.#machine.delivery(merchant)).finish();
  }

  /** @returns what the merchants get next, as it travels; after the last step the SHA-256 of the sum's words */
  async close(step: ServerStep): Promise<Uint8Array> {
    switch (step) {
      case 'advertise':
        return Roster.encode(valueOf(this.#machine.closeAdvertising())).finish();
      case 'open':
        return Coins.encode(valueOf(this.#machine.closeOpening())).finish();
      case 'share':
        return Buffer.from(valueOf(this.#machine.closeSharing()).join('\n'));
      case 'input':
        return Survivors.encode(valueOf(this.#machine.closeCollecting())).finish();
      case 'agree':
        return Agreements.encode(valueOf(this.#machine.closeAgreeing())).finish();
      case 'unmask': {
        const plan = valueOf(await inTurns(this.#machine.closingUnmasking()));
        await unmaskSum(this.#sum, plan, this.#cell.ringBits);
        eraseUnmasking(plan);
        return sha256(wordsToBytes(this.#sum));
      }
    }
  }
}

function valueOf<T>(closing: Closing<T>): T {
  if (closing.outcome === 'aborted') throw new Error(`${closing.code}: ${closing.reason}`);
  return closing.value;
}

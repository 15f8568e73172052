import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { GuildhallError } from '../../errors/index.js';
import { destroyFile, ensureFolder, readFileIfPresent, SECRET_FILE_MODE, writeFileAtomic } from '../files.js';
import type { RoundId } from './ids.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SUFFIX = '.key';

/**
 * The key under which one open round's boxes, revealed shares and uploads lie in the store (AES-256-GCM, NIST SP
 * 800-38D, a random 96-bit nonce each; far below 2^32 rows a key).
 */
export class RoundKey {
  readonly #key: Buffer;
  #isErased = false;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /**
   * nonce ‖ ciphertext ‖ tag. `place` says where the row belongs, so that rows cannot be swapped.
   * @throws GuildhallError ROUND_KEY_LOST once erased
   */
  seal(place: string, plain: Uint8Array): Buffer {
    this.#demand(place);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(place));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Opens what {@link RoundKey.seal} made for the same place. @throws GuildhallError ROUND_KEY_LOST */
  open(place: string, sealed: Uint8Array): Buffer {
    this.#demand(place);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      return Buffer.concat([
        decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)),
        decipher.final(),
      ]);
    } catch (error) {
      throw new GuildhallError('ROUND_KEY_LOST', `A stored row (${place}) does not open under the round's key.`, {
        cause: error,
      });
    }
  }

  /** Overwrites the key in memory; nothing is sealed or opened with it any more. */
  erase(): void {
    this.#isErased = true;
    this.#key.fill(0);
  }

  #demand(place: string): void {
    if (this.#isErased) throw new GuildhallError('ROUND_KEY_LOST', `The round is over or parked (${place}).`);
  }
}

/**
 * The folder of the open rounds' keys. It lies outside the database because deleted rows live on in write-ahead logs
 * and backups; a key that is gone takes all of them along.
 */
export class RoundKeys {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    ensureFolder(folder);
  }

  /** Draws and stores a round's key. @throws GuildhallError STORAGE_UNAVAILABLE */
  create(round: RoundId): RoundKey {
    const key = randomBytes(KEY_BYTES);
    writeFileAtomic(this.#path(round), key, { mode: SECRET_FILE_MODE });
    return new RoundKey(key);
  }

  /** @throws GuildhallError ROUND_KEY_LOST */
  load(round: RoundId): RoundKey {
    const key = readFileIfPresent(this.#path(round));
    if (key?.length !== KEY_BYTES) {
      throw new GuildhallError('ROUND_KEY_LOST', `The key of round ${round} is not in ${this.#folder}.`, {
        details: { file: this.#path(round) },
      });
    }
    return new RoundKey(key);
  }

  /** Overwrites and removes a round's key; nothing happens if it is gone already. */
  destroy(round: RoundId): void {
    destroyFile(this.#path(round));
  }

  /** Destroys every key but those of the open rounds: what a crash between the last commit and the destruction left. */
  destroyExcept(open: ReadonlySet<RoundId>): void {
    for (const name of readdirSync(this.#folder)) {
      if (!open.has(name.slice(0, -SUFFIX.length) as RoundId)) destroyFile(join(this.#folder, name));
    }
  }

  #path(round: RoundId): string {
    return join(this.#folder, `${round}${SUFFIX}`);
  }
}

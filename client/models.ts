import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { GuildhallError } from '../errors/index.js';
import type { ModelEvent } from '../proto/index.js';
import { readIfPresent, writeAtomically } from './state/files.js';

/** The newest version of one job's model. */
export interface ModelVersion {
  readonly job: string;
  readonly version: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const indexSchema = z.array(
  z.strictObject({ job: z.string(), version: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
);
const INDEX = 'newest.json';
/** Longest model that is accepted: 256 MiB, as long as a coordinator takes. */
const LONGEST_MODEL = 2 ** 28;
/** Jobs whose newest models are kept: those heard of last. */
export const MOST_JOBS = 32;
/** What their files may take together; the newest one is kept whatever it takes. */
const MOST_BYTES = 2 ** 31;

/**
 * Downloaded models by their hash, and which one is the newest of each job. Contents are public; a file is believed
 * only after its bytes hash to its name.
 */
export class ModelStore {
  readonly #directory: string;
  readonly #mostBytes: number;

  /** @param mostBytes what all files may take together. @default 2 GiB */
  constructor(directory: string, mostBytes = MOST_BYTES) {
    this.#directory = directory;
    this.#mostBytes = mostBytes;
  }

  /**
   * The bytes of a model: from the directory, or else downloaded, checked and kept.
   * @param download yields the bytes in order; not called when the model is there
   * @throws GuildhallError MODEL_HASH_MISMATCH when the bytes are not the model's; what the download throws; STATE_*
   */
  async obtain(sha256: Uint8Array, download: () => AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const name = hex(sha256);
    const kept = this.read(name);
    if (kept !== undefined) return kept;
    const hash = createHash('sha256');
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of download()) {
      length += chunk.length;
      if (length > LONGEST_MODEL) throw mismatch(name, `runs past ${LONGEST_MODEL} bytes`);
      hash.update(chunk);
      chunks.push(chunk);
    }
    const received = hash.digest('hex');
    if (received !== name) throw mismatch(name, `hashes to ${received}`);
    const bytes = Buffer.concat(chunks, length);
    writeAtomically(this.#path(name), bytes);
    return bytes;
  }

  /** A kept model's bytes, or undefined; a file that no longer hashes to its name is thrown away. */
  read(sha256: string): Uint8Array | undefined {
    const bytes = readIfPresent(this.#path(sha256));
    if (bytes === undefined) return undefined;
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    rmSync(this.#path(sha256), { force: true });
    return undefined;
  }

  /** The newest version of every job seen; the job that was heard of last stands last. */
  newest(): ModelVersion[] {
    const bytes = readIfPresent(join(this.#directory, INDEX));
    if (bytes === undefined) return [];
    try {
      return indexSchema.parse(JSON.parse(bytes.toString('utf8')));
    } catch {
      // Only a memory of what the watch stream will say again.
      return [];
    }
  }

  /** The bytes of every job's newest model that is here. */
  newestBytes(): Uint8Array[] {
    return this.newest().flatMap(({ sha256 }) => this.read(sha256) ?? []);
  }

  /** Notes the newest version of a job, and forgets jobs beyond what is kept, and files that are nobody's newest. */
  noteNewest(event: Pick<ModelEvent, 'job' | 'version' | 'sha256'>): void {
    const version = { job: event.job, version: event.version, sha256: hex(event.sha256) };
    const others = this.newest().filter(({ job }) => job !== event.job);
    const all = this.#withinBounds([...others, version]);
    writeAtomically(join(this.#directory, INDEX), `${JSON.stringify(all, null, 1)}\n`);
    const kept = new Set(all.map(({ sha256 }) => `${sha256}.model`));
    for (const file of readdirSync(this.#directory)) {
      if (file.endsWith('.model') && !kept.has(file)) rmSync(join(this.#directory, file), { force: true });
    }
  }

  /** Those heard of last, as many as may be kept. */
  #withinBounds(all: readonly ModelVersion[]): ModelVersion[] {
    const kept: ModelVersion[] = [];
    let bytes = 0;
    for (const version of all.slice(-MOST_JOBS).reverse()) {
      bytes += statSync(this.#path(version.sha256), { throwIfNoEntry: false })?.size ?? 0;
      if (kept.length > 0 && bytes > this.#mostBytes) break;
      kept.unshift(version);
    }
    return kept;
  }

  #path(sha256: string): string {
    return join(this.#directory, `${sha256}.model`);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function mismatch(name: string, what: string): GuildhallError {
  return new GuildhallError(
    'MODEL_HASH_MISMATCH',
    `The bytes sent for model ${name} are others: the download ${what}.`,
  );
}

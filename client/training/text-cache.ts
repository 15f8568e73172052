import { join } from 'node:path';
import { GuildhallError } from '../../errors/index.js';
import { catalogueDigest, loadTextIndex, serialiseTextIndex } from '../../recommender/index.js';
import type { Catalogue, Engine, TextIndex } from '../../recommender/index.js';
import type { Clock } from '../clock.js';
import { ensureDirectory, readIfPresent, writeAtomically } from '../state/files.js';
import { acquireLock } from '../state/lock.js';
import type { DirectoryLock } from '../state/lock.js';

const POLL_MS = 250;
/** The largest catalogue is indexed in less; whoever holds a lock for longer is a machine that died on a shared disk. */
const PATIENCE_MS = 600_000;

/** Where and how a text index is kept. */
export interface TextCacheOptions {
  /** May be shared by several clients of one machine; all it holds is public. */
  readonly directory: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The text index of a catalogue, computed once for all clients that share the directory: the first one computes it
 * under a lock, the others wait for its file instead of doing the same work on the same cores, for ten minutes at most:
 * the file is written whole, so the lock saves work and nothing else. A damaged file is ignored and written again.
 */
export async function cachedTextIndex(
  catalogue: Catalogue,
  engine: Engine,
  { directory, clock, signal }: TextCacheOptions,
): Promise<TextIndex> {
  ensureDirectory(directory);
  const file = join(directory, `${catalogueDigest(catalogue)}.text-index`);
  const kept = readIfPresent(file);
  if (kept !== undefined) return repaired(loadTextIndex(catalogue, engine, { cached: kept }), kept, file);
  const lock = await waitForLock(`${file}.lock`, clock, signal);
  try {
    const cached = readIfPresent(file);
    if (cached !== undefined) return repaired(loadTextIndex(catalogue, engine, { cached }), cached, file);
    const index = loadTextIndex(catalogue, engine);
    writeAtomically(file, serialiseTextIndex(index));
    return index;
  } finally {
    lock?.release();
  }
}

/** Loading computes afresh what a damaged file does not give; then the file is replaced too. */
function repaired(index: TextIndex, kept: Uint8Array, file: string): TextIndex {
  const bytes = serialiseTextIndex(index);
  if (Buffer.compare(bytes, kept) !== 0) writeAtomically(file, bytes);
  return index;
}

/** The lock; undefined when it stayed taken for too long. */
async function waitForLock(
  file: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<DirectoryLock | undefined> {
  const until = clock.now() + PATIENCE_MS;
  while (clock.now() < until) {
    try {
      return acquireLock(file);
    } catch (error) {
      if (!(error instanceof GuildhallError) || error.code !== 'STATE_LOCKED') throw error;
      await clock.sleep(POLL_MS, signal);
    }
  }
  return undefined;
}

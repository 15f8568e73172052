import { statSync } from 'node:fs';
import * as durable from '../../durable/index.js';
import { GuildhallError } from '../../errors/index.js';
import { storageFailure } from './failures.js';

/** Permissions of a written file: `secret` is 0600, `ordinary` 0644. */
export type FileAccess = 'secret' | 'ordinary';

const MODES: Readonly<Record<FileAccess, number>> = { secret: 0o600, ordinary: 0o644 };

/**
 * Replaces a file whole or not at all, durably.
 * @throws GuildhallError STATE_DISK_FULL, STATE_READ_ONLY or STATE_IO; the old file is then still there
 */
export function writeAtomically(file: string, content: string | Uint8Array, access: FileAccess = 'ordinary'): void {
  attempt('write', file, () => {
    durable.replaceFile(file, content, MODES[access]);
  });
}

/**
 * Creates a directory, and its parents, unless it is there.
 * @throws GuildhallError STATE_DISK_FULL, STATE_READ_ONLY or STATE_IO
 */
export function ensureDirectory(directory: string): void {
  attempt('create the directory', directory, () => {
    durable.makeFolder(directory);
  });
}

/** A file's bytes, or undefined when there is none. @throws GuildhallError STATE_* when it cannot be read */
export function readIfPresent(file: string): Buffer | undefined {
  return attempt('read', file, () => durable.readIfPresent(file));
}

function attempt<T>(doing: string, place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageFailure(error, doing, place);
  }
}

/**
 * A secret's bytes, if nobody but its owner can read them.
 * @throws GuildhallError STATE_DAMAGED when absent, STATE_KEY_EXPOSED when group or others have any permission
 */
export function readSecret(file: string): Buffer {
  const bytes = readIfPresent(file);
  if (bytes === undefined) {
    throw new GuildhallError('STATE_DAMAGED', `The key file ${file} is missing.`, { details: { file } });
  }
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new GuildhallError('STATE_KEY_EXPOSED', `The key file ${file} has mode ${mode.toString(8)}.`, {
      details: { file },
    });
  }
  return bytes;
}

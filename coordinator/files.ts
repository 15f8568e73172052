import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { storageErrorOf } from './storage-error.js';

/** Permission bits of files that hold secrets. */
export const SECRET_FILE_MODE = 0o600;

/**
 * Writes a file so that a reader, also after a power cut, finds the old content or the new one, never a part:
 * temporary sibling, fsync, rename, fsync of the folder.
 * @throws GuildhallError STORAGE_UNAVAILABLE
 */
export function writeFileAtomic(path: string, content: Uint8Array | string, options: { mode: number }): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', options.mode);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    discard(temporary);
    throw storageErrorOf(error, path);
  }
}

/**
 * Overwrites a secret file with zeros and removes it. Does nothing when it is not there.
 *
 * On copy-on-write or flash storage the overwriting may go elsewhere; what is promised is that the name is gone.
 * @throws GuildhallError STORAGE_UNAVAILABLE
 */
export function destroyFile(path: string): void {
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return;
    const file = openSync(path, 'r+');
    try {
      writeSync(file, Buffer.alloc(size));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    rmSync(path, { force: true });
    syncFolder(dirname(path));
  } catch (error) {
    throw storageErrorOf(error, path);
  }
}

/**
 * Reads a whole file, or undefined if it is not there.
 * @throws GuildhallError STORAGE_UNAVAILABLE when it is there and cannot be read
 */
export function readFileIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw storageErrorOf(error, path);
  }
}

/** Removes what a failure left, as far as that is possible: the failure itself must not be hidden. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The same disk that failed before.
  }
}

/** Makes names created in or removed from a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

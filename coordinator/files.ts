import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

import { makeFolder, readIfPresent, replaceFile, syncFolder } from '../durable/index.js';
import { GuildhallError } from '../errors/index.js';
import { storageErrorOf } from './storage-error.js';

/** Permission bits of files that hold secrets. */
export const SECRET_FILE_MODE = 0o600;

/** Writes a file whole or not at all, durably. @throws GuildhallError STORAGE_UNAVAILABLE */
export function writeFileAtomic(path: string, content: Uint8Array | string, options: { mode: number }): void {
  stored(path, () => {
    replaceFile(path, content, options.mode);
  });
}

/** Makes a folder and those above it, for their owner alone. @throws GuildhallError STORAGE_UNAVAILABLE */
export function ensureFolder(path: string): void {
  stored(path, () => {
    makeFolder(path);
  });
}

/**
 * Overwrites a secret file with zeros and removes it. Does nothing when it is not there.
 *
 * On copy-on-write or flash storage the overwriting may go elsewhere; what is promised is that the name is gone.
 * @throws GuildhallError STORAGE_UNAVAILABLE
 */
export function destroyFile(path: string): void {
  stored(path, () => {
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
  });
}

/**
 * Reads a whole file, or undefined if it is not there.
 * @throws GuildhallError STORAGE_UNAVAILABLE when it is there and cannot be read
 */
export function readFileIfPresent(path: string): Buffer | undefined {
  return stored(path, () => readIfPresent(path));
}

/** Reads a file that a state directory must have. @throws GuildhallError STATE_DIRECTORY_INVALID, STORAGE_UNAVAILABLE */
export function requireFile(path: string): Buffer {
  const bytes = readFileIfPresent(path);
  if (bytes !== undefined) return bytes;
  throw new GuildhallError('STATE_DIRECTORY_INVALID', `There is no ${path}.`, { details: { file: path } });
}

function stored<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageErrorOf(error, path);
  }
}

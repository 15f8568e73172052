import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GuildhallError } from '../../errors/index.js';
import { storageFailure, systemCodeOf } from './failures.js';

/** Permissions of a written file: `secret` is 0600, `ordinary` 0644. */
export type FileAccess = 'secret' | 'ordinary';

const MODES: Readonly<Record<FileAccess, number>> = { secret: 0o600, ordinary: 0o644 };

/**
 * Replaces a file whole or not at all: temporary file beside it, fsync, rename, fsync of the directory.
 * @throws GuildhallError STATE_DISK_FULL, STATE_READ_ONLY or STATE_IO; the old file is then still there
 */
export function writeAtomically(file: string, content: string | Uint8Array, access: FileAccess = 'ordinary'): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeDurably(temporary, content, MODES[access]);
    renameSync(temporary, file);
    syncDirectory(dirname(file));
  } catch (error) {
    discard(temporary);
    throw storageFailure(error, 'write', file);
  }
}

/** Removes a temporary file as far as the failing disk allows. */
function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // The failure that is being reported says more.
  }
}

function writeDurably(file: string, content: string | Uint8Array, mode: number): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const descriptor = openSync(file, 'wx', mode);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes names created, renamed or removed in a directory survive a power loss. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Creates a directory, and its parents, unless it is there.
 * @throws GuildhallError STATE_DISK_FULL, STATE_READ_ONLY or STATE_IO
 */
export function ensureDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storageFailure(error, 'create the directory', directory);
  }
}

/** A file's bytes, or undefined when there is none. @throws GuildhallError STATE_* when it cannot be read */
export function readIfPresent(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return undefined;
    throw storageFailure(error, 'read', file);
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

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file so that a reader, also after a power cut, finds the old content or the new one, never a part: temporary
 * sibling, fsync, rename, fsync of the folder. On failure the old file is still there and nothing is left beside it.
 * @param mode permission bits, e.g. 0o600
 * @throws the file system's error
 */
export function replaceFile(path: string, content: Uint8Array | string, mode: number): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeNew(temporary, typeof content === 'string' ? Buffer.from(content) : content, mode);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A whole file; undefined if it, or a folder above it, is not there. @throws the file system's other errors */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Makes a folder and those above it, unless they are there, for their owner alone; their names are durable on return.
 *
 * The topmost missing one is made by itself: where a file system refuses with ENOENT, as /proc does, Node's recursive
 * call tries for ever.
 * @throws the file system's error
 */
export function makeFolder(path: string): void {
  let topmost = path;
  while (!existsSync(dirname(topmost))) topmost = dirname(topmost);
  if (existsSync(path)) {
    // Throws where it is no folder.
    mkdirSync(path, { recursive: true });
    return;
  }
  if (!existsSync(topmost)) mkdirSync(topmost, { mode: 0o700 });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (let made = path; made !== dirname(topmost); made = dirname(made)) syncFolder(dirname(made));
}

/** Removes what a failure left, as far as that is possible: the failure itself must not be hidden. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The same disk that failed before.
  }
}

/** Makes names created in, renamed in or removed from a folder durable. @throws the file system's error */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

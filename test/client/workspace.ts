import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';

/** A temporary directory of one test; call `remove` in afterEach. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'guildhall-client-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The GuildhallError that `run` throws. @throws Error when it throws none, or another kind */
export function failureOf(run: () => unknown): GuildhallError {
  try {
    run();
  } catch (error) {
    if (error instanceof GuildhallError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The GuildhallError that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<GuildhallError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof GuildhallError) return outcome;
  if (outcome instanceof Error) throw outcome;
  throw new Error('nothing was thrown');
}

/** The code that `run` fails with. */
export const codeOf = (run: () => unknown): ErrorCode => failureOf(run).code;

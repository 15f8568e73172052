import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STATE_DISK_FULL',
  EDQUOT: 'STATE_DISK_FULL',
  SQLITE_FULL: 'STATE_DISK_FULL',
  EROFS: 'STATE_READ_ONLY',
  EACCES: 'STATE_READ_ONLY',
  EPERM: 'STATE_READ_ONLY',
  SQLITE_READONLY: 'STATE_READ_ONLY',
};

/** The system's or SQLite's code of a thrown value, e.g. `ENOENT`; empty when it carries none. */
export function systemCodeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/**
 * A failure of the file system or of SQLite as an error that says what to do; ours pass through unchanged.
 * @param doing what was attempted, e.g. `write the ledger`
 */
export function storageFailure(error: unknown, doing: string, file: string): GuildhallError {
  if (error instanceof GuildhallError) return error;
  const system = systemCodeOf(error);
  const family = Object.keys(CODES).find((name) => system === name || system.startsWith(`${name}_`));
  const code: ErrorCode = (family === undefined ? undefined : CODES[family]) ?? 'STATE_IO';
  return new GuildhallError(code, `Cannot ${doing}${system === '' ? '' : ` (${system})`}: ${file}.`, {
    details: { file },
    cause: error,
  });
}

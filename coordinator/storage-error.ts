import { GuildhallError } from '../errors/index.js';

/** Codes by which the file system or SQLite says that the disk, not the caller, is at fault. */
const STORAGE_CODES =
  /^(ENOSPC|EROFS|EACCES|EPERM|EDQUOT|EIO|EMFILE|ENFILE|ENOENT|ENOTDIR|SQLITE_(FULL|READONLY|IOERR|CANTOPEN|CORRUPT|NOTADB|BUSY|LOCKED|PERM).*)$/;

/** The errors by which libsql fails to open a file carry no code. */
const OPEN_FAILURE = 'ConnectionFailed(';

/**
 * Turns a failure of the file system or of SQLite into STORAGE_UNAVAILABLE; anything else comes back as it is.
 * @param place the file or folder, for the person who reads the message
 */
export function storageErrorOf(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof GuildhallError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!STORAGE_CODES.test(code) && !error.message.startsWith(OPEN_FAILURE)) return error;
  return new GuildhallError('STORAGE_UNAVAILABLE', `${place} cannot be read or written: ${reasonOf(code, error)}.`, {
    details: { file: place, reason: code === '' ? 'SQLITE_CANTOPEN' : code },
    cause: error,
  });
}

function reasonOf(code: string, error: Error): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'SQLITE_FULL':
      return 'the disk is full';
    case 'EROFS':
    case 'SQLITE_READONLY':
      return 'it is read-only';
    case 'EACCES':
    case 'EPERM':
    case 'SQLITE_PERM':
      return 'permission denied';
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return 'another process holds it';
    default:
      return error.message;
  }
}

/** Whether a failed statement would have put a row where the row that it belongs to is gone. */
export function isOrphan(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY';
}

/** Whether a failed statement would have put a second row where the schema allows one. Other constraints are faults of ours. */
export function isDuplicate(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
  );
}

import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import { EMPTY_LEDGER } from '../../privacy/index.js';
import type { LedgerHead } from '../../privacy/index.js';
import { readIfPresent, writeAtomically } from '../state/files.js';

const schema = z.strictObject({ length: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });

/** Writes the head of an empty ledger: from now on a ledger must be there, and what it holds counts. @throws GuildhallError STATE_* */
export function createAnchor(file: string): void {
  writeAnchor(file, EMPTY_LEDGER);
}

/** Keeps the head outside the ledger's own file, so that an older copy of that file shows. @throws GuildhallError STATE_* */
export function writeAnchor(file: string, head: LedgerHead): void {
  writeAtomically(file, `${JSON.stringify({ length: head.length, hash: head.hash })}\n`);
}

/** The head that was last kept. @throws GuildhallError LEDGER_MISSING, LEDGER_UNREADABLE */
export function readAnchor(file: string): LedgerHead {
  const bytes = readIfPresent(file);
  if (bytes === undefined) {
    throw new GuildhallError('LEDGER_MISSING', `The ledger's anchor ${file} is missing.`, { details: { file } });
  }
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new GuildhallError('LEDGER_UNREADABLE', `The ledger's anchor ${file} cannot be read.`, {
      details: { file },
      cause,
    });
  }
}

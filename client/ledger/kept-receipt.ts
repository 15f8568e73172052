import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import { Envelope } from '../../proto/index.js';
import type { Receipt } from '../../proto/index.js';
import { readIfPresent, writeAtomically } from '../state/files.js';

const schema = z.strictObject({
  ledgerHead: z.string().regex(/^[0-9a-f]{64}$/),
  receipt: z.base64(),
});

/** The newest receipt of the coordinator, as it was verified. */
export interface KeptReceipt {
  /** Hexadecimal. */
  readonly ledgerHead: string;
  /** The serialised envelope, base64. */
  readonly receipt: string;
}

/** A receipt in the form in which it is kept. @param opened what was verified and found in it */
export function keptReceiptOf(receipt: Envelope, opened: Receipt): KeptReceipt {
  return {
    ledgerHead: opened.ledgerHead.toString('hex'),
    receipt: Buffer.from(Envelope.encode(receipt).finish()).toString('base64'),
  };
}

/** Replaces the kept receipt. @throws GuildhallError STATE_* */
export function writeKeptReceipt(file: string, { ledgerHead, receipt }: KeptReceipt): void {
  writeAtomically(file, `${JSON.stringify({ ledgerHead, receipt })}\n`);
}

/** The kept receipt; undefined before the first upload. @throws GuildhallError LEDGER_UNREADABLE */
export function readKeptReceipt(file: string): KeptReceipt | undefined {
  const bytes = readIfPresent(file);
  if (bytes === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new GuildhallError('LEDGER_UNREADABLE', `The receipt beside the ledger, ${file}, cannot be read.`, {
      details: { file },
      cause,
    });
  }
}

import { equalBytes, sha256 } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { openReceipt } from '../../federation/index.js';
import type { Envelope } from '../../proto/index.js';
import { keptReceiptOf } from '../ledger/kept-receipt.js';
import { retrying } from '../wire/retry.js';
import type { Upload } from './api.js';
import type { ParticipantContext } from './context.js';

const PATIENCE_MS = 30_000;

/**
 * Compares the ledger with the newest receipt that the coordinator has for this merchant. When a whole directory was put
 * back from a backup, only the coordinator's word is newer than everything in it. A receipt of a head that the ledger does
 * not hold is kept before this fails, so that the next start fails without the coordinator.
 *
 * A coordinator that gives an old receipt or none hides a rollback, as if there were no receipts; one that invents a
 * head stops this client, which it can do anyway.
 * @throws GuildhallError LEDGER_ROLLED_BACK, RECEIPT_INVALID; COORDINATOR_* when no answer comes
 */
export async function confirmLedger(
  { api, ledger, contractKey, merchant, clock }: ParticipantContext,
  signal: AbortSignal,
): Promise<void> {
  const receipt = await retrying(() => api.newestReceipt({ signal }), { clock, signal, withinMs: PATIENCE_MS });
  if (receipt === undefined) return;
  const kept = keptReceiptOf(receipt, openReceipt(receipt, { contractKey, merchant }));
  try {
    ledger.requireCountersigned(kept.ledgerHead);
  } catch (error) {
    if (error instanceof GuildhallError) ledger.keepReceipt(kept);
    throw error;
  }
}

/**
 * Keeps the coordinator's word, under its key, for what this ledger was when an input left.
 * @param upload what the receipt must be for
 * @throws GuildhallError RECEIPT_INVALID
 */
export function keepReceipt(
  receipt: Envelope,
  upload: Pick<Upload, 'vector' | 'ledgerHead'> & { readonly contractSha256: Uint8Array },
  { contractKey, merchant, ledger }: Pick<ParticipantContext, 'contractKey' | 'merchant' | 'ledger'>,
): void {
  const opened = openReceipt(receipt, { contractKey, merchant });
  const isOurs =
    equalBytes(opened.contractSha256, upload.contractSha256) &&
    equalBytes(opened.vectorSha256, sha256(upload.vector)) &&
    equalBytes(opened.ledgerHead, upload.ledgerHead);
  if (!isOurs) throw new GuildhallError('RECEIPT_INVALID', "The coordinator's receipt is for another upload.");
  ledger.keepReceipt(keptReceiptOf(receipt, opened));
}

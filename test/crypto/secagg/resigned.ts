import type { Envelope } from '../../../crypto/index.js';
import { decodeUnverified, sealMessage } from '../../../crypto/secagg/messages.js';
import type { MessageKind } from '../../../crypto/secagg/messages.js';
import type { Setting } from './setting.js';

/** A message changed in some field and signed again by its own merchant. */
export function resigned<T extends { merchant: string }>(
  round: Setting,
  envelope: Envelope,
  kind: MessageKind<T>,
  change: (message: T) => Partial<T>,
): Envelope {
  const message = decodeUnverified(envelope, kind);
  const signer = round.merchants.find(({ name }) => name === message.merchant);
  if (signer === undefined) throw new Error('a signer');
  return sealMessage(kind, { ...message, ...change(message) }, signer.identity);
}

import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode, ErrorDetails } from '../../errors/index.js';

/**
 * Ends a step with a registered code.
 *
 * @param message what is wrong, naming merchants and sizes; never a secret
 * @throws GuildhallError always
 */
export function refuse(code: ErrorCode, message: string, details: ErrorDetails = {}): never {
  throw new GuildhallError(code, message, { details });
}

/** @throws GuildhallError SECAGG_MESSAGE_MALFORMED unless `bytes` has `length` bytes */
export function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) {
    refuse('SECAGG_MESSAGE_MALFORMED', `${what} has ${bytes.length} bytes, not ${length}`);
  }
}

/** Merchant order everywhere: by UTF-16 code units, so that every host agrees. */
export function compareMerchants(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * @throws GuildhallError SECAGG_DUPLICATE if a name appears twice, SECAGG_MESSAGE_MALFORMED if the names are not in
 * merchant order
 */
export function requireMerchantOrder(merchants: readonly string[], what: string): void {
  const seen = new Set<string>();
  let previous: string | undefined;
  for (const merchant of merchants) {
    if (seen.has(merchant)) refuse('SECAGG_DUPLICATE', `${what} names ${merchant} twice`, { merchant });
    if (previous !== undefined && compareMerchants(previous, merchant) > 0) {
      refuse('SECAGG_MESSAGE_MALFORMED', `${what} is not in merchant order at ${merchant}`, { merchant });
    }
    seen.add(merchant);
    previous = merchant;
  }
}

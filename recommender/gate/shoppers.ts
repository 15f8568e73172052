import { createHmac } from 'node:crypto';
import type { Shopper } from '../types.js';

/** The share of a merchant's shoppers that judge and never contribute. */
export const GATE_SHARE = 0.2;

const SHORTEST_KEY_BYTES = 16;
const DOMAIN = 'guildhall gate v1\0';

/** A merchant's shoppers in their two roles. */
export interface GateSplit<S extends Shopper = Shopper> {
  /** Never enter a contribution to a release; they alone decide whether releases are used. */
  readonly gate: readonly S[];
  /** Those whose events releases may see. */
  readonly contributors: readonly S[];
}

/**
 * Whether a shopper is a gate shopper, by HMAC-SHA-256 of the shopper's key: fixed for as long as the merchant keeps
 * its secret, the same for every release, and not to be told from outside. Independent of the shopper's events.
 * @param secret at least 16 bytes that never leave the merchant
 * @throws RangeError for a shorter secret
 */
export function isGateShopper(secret: Uint8Array, shopperKey: string): boolean {
  if (secret.length < SHORTEST_KEY_BYTES) throw new RangeError(`The gate's secret needs ${SHORTEST_KEY_BYTES} bytes.`);
  const digest = createHmac('sha256', secret).update(DOMAIN).update(shopperKey, 'utf8').digest();
  return digest.readUIntBE(0, 6) / 2 ** 48 < GATE_SHARE;
}

/** Splits shoppers by {@link isGateShopper}, each part in the given order. */
export function splitGate<S extends Shopper>(secret: Uint8Array, shoppers: readonly S[]): GateSplit<S> {
  const gate: S[] = [];
  const contributors: S[] = [];
  for (const shopper of shoppers) (isGateShopper(secret, shopper.key) ? gate : contributors).push(shopper);
  return { gate, contributors };
}

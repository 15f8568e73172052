import { createPublicKey, X509Certificate } from 'node:crypto';
import { GuildhallError } from '../errors/index.js';
import type { ErrorCode } from '../errors/index.js';

const DAY_MS = 86_400_000;
/** A client asks for a new certificate when so many days are left, and again every day until it has one. */
const RENEWAL_DAYS = 60;
/** From here on somebody should look why it has none. */
const WARNING_DAYS = 30;

/** How a certificate stands at a moment. */
export interface CertificateTerm {
  readonly state: 'not yet valid' | 'valid' | 'expiring' | 'expired';
  /** ISO 8601. */
  readonly begins: string;
  readonly expires: string;
  /** Whole days; negative once expired. */
  readonly daysLeft: number;
  /** Whether it is time to ask for the next. */
  readonly isDue: boolean;
}

/** How a certificate (PEM) stands. @param now milliseconds since 1970 */
export function certificateTerm(certificate: string, now: number): CertificateTerm {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const [begins, expires] = [Date.parse(validFrom), Date.parse(validTo)];
  const daysLeft = Math.floor((expires - now) / DAY_MS);
  return {
    state: stateOf({ begins, expires, daysLeft }, now),
    begins: new Date(begins).toISOString(),
    expires: new Date(expires).toISOString(),
    daysLeft,
    isDue: daysLeft < RENEWAL_DAYS,
  };
}

function stateOf(
  { begins, expires, daysLeft }: { readonly begins: number; readonly expires: number; readonly daysLeft: number },
  now: number,
): CertificateTerm['state'] {
  if (now < begins) return 'not yet valid';
  if (now >= expires) return 'expired';
  return daysLeft < WARNING_DAYS ? 'expiring' : 'valid';
}

/** What an issued certificate must fit; all PEM. */
export interface Expected {
  /** The pinned authority. */
  readonly authority: string;
  /** The merchant's private key. */
  readonly key: string;
}

/**
 * Reads a certificate that somebody says is the merchant's: of the pinned authority, over the merchant's own key.
 * @param certificate DER or PEM
 * @param code of the refusal: who handed it over decides what to do next
 * @throws GuildhallError with `code`
 */
export function acceptCertificate(
  certificate: Uint8Array | string,
  { authority, key }: Expected,
  code: ErrorCode = 'COORDINATOR_ANSWER',
): X509Certificate {
  const refuse = (what: string): GuildhallError => new GuildhallError(code, `The certificate ${what}.`);
  const read = readCertificate(certificate);
  if (read === undefined) throw refuse('cannot be read');
  if (!read.verify(new X509Certificate(authority).publicKey)) throw refuse("is not of the invite's authority");
  if (!read.publicKey.equals(createPublicKey(key))) throw refuse('is over another key than the merchant has');
  return read;
}

function readCertificate(certificate: Uint8Array | string): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

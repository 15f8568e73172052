import { GuildhallError } from '../errors/index.js';
import { acceptCertificate, certificateTerm } from './certificate.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { certificatePem } from './keys.js';
import type { RoundsApi } from './rounds/api.js';
import { connect, openClient } from './session.js';
import type { ClientState } from './state/directory.js';
import { readIfPresent, writeAtomically } from './state/files.js';
import type { ClientCertificate } from './wire/credentials.js';

/** How to renew. */
export interface RenewOptions {
  readonly dir: string;
  /** A file from the platform with the new certificate, PEM. @default the coordinator is asked */
  readonly certificate?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** What came of it. */
export interface RenewReport {
  readonly merchant: string;
  /** Whether the certificate is another than before; the coordinator gives a new one once a day at most. */
  readonly isNew: boolean;
  /** ISO 8601. */
  readonly expires: string;
  readonly daysLeft: number;
}

/**
 * `guildhall client renew`: takes up a certificate with a new term over the key that the merchant has. The one before
 * stays good until its own end, so nothing is lost wherever this is cut off; it works while the client runs.
 * @throws GuildhallError STATE_*, CLIENT_*, COORDINATOR_*, CERTIFICATE_*; CLIENT_FILE_MISSING for the file
 */
export async function renewClient({
  dir,
  certificate,
  signal,
  clock = systemClock,
}: RenewOptions): Promise<RenewReport> {
  const client = openClient(dir);
  const { state } = client;
  let next: ClientCertificate;
  if (certificate !== undefined) next = keepCertificate(state, readFile(certificate), 'CERTIFICATE_REFUSED');
  else {
    requireUnexpired(state, clock);
    const { api, caller } = connect(client);
    try {
      next = await askForCertificate(state, api, signal);
    } finally {
      caller.close();
    }
  }
  const { expires, daysLeft } = certificateTerm(next.certificate, clock.now());
  return { merchant: state.merchant, isNew: next !== state.certificate, expires, daysLeft };
}

/** Asks the coordinator for a certificate with a new term, and keeps it. @throws GuildhallError as {@link renewClient} */
export async function askForCertificate(
  state: ClientState,
  api: Pick<RoundsApi, 'renewCertificate'>,
  signal?: AbortSignal,
): Promise<ClientCertificate> {
  return keepCertificate(state, await api.renewCertificate({ signal }), 'COORDINATOR_ANSWER');
}

/** @throws GuildhallError CERTIFICATE_EXPIRED: no call would get through */
export function requireUnexpired({ certificate }: ClientState, clock: Clock): void {
  const { state, expires } = certificateTerm(certificate.certificate, clock.now());
  if (state !== 'expired') return;
  throw new GuildhallError('CERTIFICATE_EXPIRED', `This merchant's certificate expired at ${expires}.`);
}

/** Puts a certificate in the place of the one before, unless it ends no later. */
function keepCertificate(
  { certificate: before, merchant, paths }: ClientState,
  offered: Uint8Array | string,
  code: 'COORDINATOR_ANSWER' | 'CERTIFICATE_REFUSED',
): ClientCertificate {
  const accepted = acceptCertificate(offered, before, code);
  if (accepted.subject !== `CN=${merchant}\nOU=merchant`) {
    throw new GuildhallError(code, `The certificate is not for ${merchant}.`);
  }
  const certificate = certificatePem(accepted.raw);
  if (!endsLater(certificate, before.certificate)) return before;
  writeAtomically(paths.tlsCertificate, certificate);
  return { ...before, certificate };
}

const endsLater = (one: string, other: string): boolean =>
  certificateTerm(one, 0).expires > certificateTerm(other, 0).expires;

function readFile(file: string): string {
  const bytes = readIfPresent(file);
  if (bytes !== undefined) return bytes.toString('utf8');
  throw new GuildhallError('CLIENT_FILE_MISSING', `There is no certificate file ${file}.`, { details: { file } });
}

import { resolve } from 'node:path';

import { CertificateAuthority, certificatePem, termOf } from './ca/index.js';
import { requireFile, writeFileAtomic } from './files.js';
import { statePaths } from './paths.js';

/** When the renewed certificates end, ISO 8601. */
export interface RenewResult {
  readonly dir: string;
  readonly coordinator: string;
  readonly administrator: string;
  /** Of the authority, which is not renewed: merchants pin it. */
  readonly authority: string;
}

/**
 * Renews the coordinator's and the administrator's certificates over the keys that they have, each file whole or not at
 * all: it may be killed at any point and run again. A coordinator that runs serves the old one until it is started again.
 * @param options.nowMs ms since the epoch. @default the machine's clock
 * @throws GuildhallError STATE_DIRECTORY_INVALID, STORAGE_UNAVAILABLE, CERTIFICATE_REFUSED
 */
export async function renewCertificates(dir: string, options: { nowMs?: number } = {}): Promise<RenewResult> {
  const target = resolve(dir);
  const paths = statePaths(target);
  const { nowMs = Date.now() } = options;
  const authorityPem = requireFile(paths.authorityCertificate).toString();
  const authority = await CertificateAuthority.load({
    certificatePem: authorityPem,
    keyPem: requireFile(paths.authorityKey).toString(),
  });
  const renew = async (path: string): Promise<string> => {
    const renewed = await authority.renew(requireFile(path).toString(), { nowMs });
    writeFileAtomic(path, certificatePem(renewed), { mode: 0o644 });
    return endOf(renewed);
  };
  const coordinator = await renew(paths.serverCertificate);
  const administrator = await renew(paths.administratorCertificate);
  return { dir: target, coordinator, administrator, authority: endOf(authorityPem) };
}

function endOf(certificate: Uint8Array | string): string {
  return new Date(termOf(certificate).untilMs).toISOString();
}

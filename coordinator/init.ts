import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { fingerprint, SigningKey } from '../crypto/index.js';
import { discard, syncFolder } from '../durable/index.js';
import { GuildhallError } from '../errors/index.js';
import { CertificateAuthority, certificateFingerprint } from './ca/index.js';
import { parseConfig } from './config.js';
import { ensureFolder, SECRET_FILE_MODE, writeFileAtomic } from './files.js';
import { statePaths } from './paths.js';
import { storageErrorOf } from './storage-error.js';
import { openDatabase } from './store/index.js';

/** What `init` is told. */
export interface InitOptions {
  /** The federation's name: 1 to 64 of a-z, 0-9, dot, hyphen, underscore. */
  readonly federation: string;
  /** Where merchants and administrators connect, host:port. @default "0.0.0.0:7443" */
  readonly listen?: string;
  /** Where merchants join, host:port. @default "0.0.0.0:7444" */
  readonly enrolmentListen?: string;
  /** The name or IP address by which clients reach this machine. @default "localhost" */
  readonly publicHost?: string;
  /** Further names and IP addresses for the server's certificate. localhost, 127.0.0.1 and ::1 are always in it. */
  readonly hosts?: readonly string[];
  /** ms since the epoch. @default the machine's clock */
  readonly nowMs?: number;
}

/** What `init` made, for a person to compare and note down. */
export interface InitResult {
  readonly dir: string;
  readonly federation: string;
  /** SHA-256 of the authority's certificate, hexadecimal. */
  readonly authorityFingerprint: string;
  /** Fingerprint of the key that signs contracts. */
  readonly contractKeyFingerprint: string;
}

/**
 * Creates a coordinator's state directory: coordinator.toml, certificate authority, server and administrator
 * certificates, the contract-signing key and an empty store.
 *
 * All of it is made in a sibling folder that is renamed at the end, so a failure leaves nothing behind.
 * @throws GuildhallError STATE_DIRECTORY_EXISTS, COORDINATOR_CONFIG_INVALID, STORAGE_UNAVAILABLE
 */
export async function initCoordinator(dir: string, options: InitOptions): Promise<InitResult> {
  const target = resolve(dir);
  const toml = configText(options);
  parseConfig(toml, 'coordinator.toml');
  refuseExisting(target);
  const draft = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const result = await fill(draft, toml, options);
    refuseExisting(target);
    renameSync(draft, target);
    syncFolder(dirname(target));
    return { ...result, dir: target };
  } catch (error) {
    discard(draft);
    throw storageErrorOf(error, target);
  }
}

async function fill(dir: string, toml: string, options: InitOptions): Promise<Omit<InitResult, 'dir'>> {
  const paths = statePaths(dir);
  const nowMs = options.nowMs ?? Date.now();
  for (const path of Object.values(paths)) ensureFolder(dirname(path as string));
  const authorityFiles = await CertificateAuthority.create({ federation: options.federation, nowMs });
  const authority = await CertificateAuthority.load(authorityFiles);
  const hosts = new Set([options.publicHost ?? 'localhost', ...(options.hosts ?? []), 'localhost', '127.0.0.1', '::1']);
  const server = await authority.issueServer({ hosts: [...hosts], nowMs });
  const administrator = await authority.issueAdministrator({ nowMs });
  const contractSeed = randomBytes(32);
  const contractKey = SigningKey.fromSeed(contractSeed);

  writeFileAtomic(paths.config, toml, { mode: 0o644 });
  writeFileAtomic(paths.authorityCertificate, authorityFiles.certificatePem, { mode: 0o644 });
  writeFileAtomic(paths.serverCertificate, server.certificatePem, { mode: 0o644 });
  writeFileAtomic(paths.administratorCertificate, administrator.certificatePem, { mode: 0o644 });
  writeFileAtomic(paths.authorityKey, authorityFiles.keyPem, { mode: SECRET_FILE_MODE });
  writeFileAtomic(paths.serverKey, server.keyPem, { mode: SECRET_FILE_MODE });
  writeFileAtomic(paths.administratorKey, administrator.keyPem, { mode: SECRET_FILE_MODE });
  writeFileAtomic(paths.contractKey, contractSeed, { mode: SECRET_FILE_MODE });
  contractSeed.fill(0);
  ensureFolder(paths.roundKeys);
  const db = await openDatabase(paths.store);
  await db.destroy();
  return {
    federation: options.federation,
    authorityFingerprint: certificateFingerprint(authority.certificate),
    contractKeyFingerprint: fingerprint(contractKey.publicKey),
  };
}

function refuseExisting(dir: string): void {
  if (!existsSync(dir)) return;
  throw new GuildhallError('STATE_DIRECTORY_EXISTS', `${dir} exists already.`, { details: { file: dir } });
}

function configText(options: InitOptions): string {
  const text = (value: string): string => JSON.stringify(value);
  return `# The coordinator of a Guildhall federation. Times are in milliseconds.

# The federation's name: stands in every contract, and clients pin it when they join.
federation = ${text(options.federation)}

[listen]
# Merchants and administrators, mutual TLS 1.3.
rounds = ${text(options.listen ?? '0.0.0.0:7443')}
# Joining with an invite; server certificate only. Need not be open all the time.
enrolment = ${text(options.enrolmentListen ?? '0.0.0.0:7444')}

[public]
# The name or address by which clients reach this machine; it stands in the server's certificate and in invites.
host = ${text(options.publicHost ?? 'localhost')}
# Only where a proxy changes the ports: what invites say instead of host and the ports listened on.
# rounds = "federation.example.com:443"
# enrolment = "join.example.com:443"

[rounds]
# A merchant that lost its connection is waited for so much longer.
disconnect_grace_ms = 2000
# A round opens when enough merchants are connected and no new one came for this long (or all are there).
settle_ms = 2000
# After a restart of the coordinator, merchants have this long to connect again.
restart_grace_ms = 15000
# Pause after an aborted round; doubles with every further one, up to a minute.
retry_delay_ms = 1000
# A job fails after this many aborted rounds one after another.
maximum_failures = 5
# Keep the noisy sum of every round, so that an auditor can replay what was applied.
keep_sums = true

[limits]
# Calls of one merchant.
calls_per_second = 50
burst = 200
# Calls to join, all callers together.
enrolments_per_minute = 60
# An upload without a byte for this long is cut off.
upload_stall_ms = 30000
`;
}

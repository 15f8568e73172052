import { join } from 'node:path';

/** Where everything lies in a coordinator's state directory. */
export interface StatePaths {
  readonly config: string;
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly administratorCertificate: string;
  readonly administratorKey: string;
  /** Ed25519 seed of the key that signs contracts, 32 bytes. */
  readonly contractKey: string;
  readonly store: string;
  /** Folder of the open rounds' keys: outside the database, so that neither its log nor its backups hold them. */
  readonly roundKeys: string;
  /** The addresses that a running coordinator really listens on. */
  readonly addresses: string;
}

/** The files of the state directory `dir`. */
export function statePaths(dir: string): StatePaths {
  return {
    config: join(dir, 'coordinator.toml'),
    authorityCertificate: join(dir, 'ca', 'authority.pem'),
    authorityKey: join(dir, 'ca', 'authority.key'),
    serverCertificate: join(dir, 'tls', 'server.pem'),
    serverKey: join(dir, 'tls', 'server.key'),
    administratorCertificate: join(dir, 'admin', 'administrator.pem'),
    administratorKey: join(dir, 'admin', 'administrator.key'),
    contractKey: join(dir, 'contract.key'),
    store: join(dir, 'store', 'coordinator.db'),
    roundKeys: join(dir, 'keys'),
    addresses: join(dir, 'addresses.json'),
  };
}

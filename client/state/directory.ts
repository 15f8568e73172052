import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SigningKey } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { readToml } from '../config/toml.js';
import type { ClientCertificate } from '../wire/credentials.js';
import { readIfPresent, readSecret } from './files.js';

/** Every path of a state directory. Nothing else in client/ knows a file's name. */
export interface StatePaths {
  readonly root: string;
  /** Seed of the Ed25519 identity, hexadecimal, 0600. */
  readonly identityKey: string;
  /** TLS key (P-256, PKCS#8 PEM, 0600) and certificate (PEM). */
  readonly tlsKey: string;
  readonly tlsCertificate: string;
  /** The pinned authority (PEM) and the coordinator's pinned contract key (Ed25519, hexadecimal). */
  readonly authority: string;
  readonly contractKey: string;
  /** 32 bytes, hexadecimal, 0600: hashes shoppers' ids; never leaves the directory. */
  readonly localKey: string;
  readonly merchant: string;
  readonly config: string;
  readonly policy: string;
  readonly members: string;
  readonly ledger: string;
  readonly anchor: string;
  /** The newest receipt, which names a head of the ledger. */
  readonly receipt: string;
  /** Lists that explored, JSON Lines, 0600: what was shown to whom, with which probability. */
  readonly impressions: string;
  readonly models: string;
  /** A smaller form of the newest released tower, which the merchant has made. */
  readonly compressedTower: string;
  readonly cache: string;
  readonly lock: string;
}

/** The paths under one directory; touches nothing. */
export function statePaths(root: string): StatePaths {
  return {
    root,
    identityKey: join(root, 'identity.key'),
    tlsKey: join(root, 'tls.key'),
    tlsCertificate: join(root, 'tls.crt'),
    authority: join(root, 'authority.crt'),
    contractKey: join(root, 'contract.key'),
    localKey: join(root, 'local.key'),
    merchant: join(root, 'merchant.toml'),
    config: join(root, 'client.toml'),
    policy: join(root, 'policy.toml'),
    members: join(root, 'members.toml'),
    ledger: join(root, 'ledger.sqlite'),
    anchor: join(root, 'ledger.anchor'),
    receipt: join(root, 'ledger.receipt'),
    impressions: join(root, 'impressions.jsonl'),
    models: join(root, 'models'),
    compressedTower: join(root, 'models', 'tower.compressed'),
    cache: join(root, 'cache'),
    lock: join(root, 'client.lock'),
  };
}

/** Who this directory's merchant is, as enrolled. */
export interface MerchantRecord {
  readonly merchant: string;
  readonly federation: string;
}

/** A merchant's keys and pins, read and checked. */
export interface ClientState {
  readonly paths: StatePaths;
  readonly merchant: string;
  readonly federation: string;
  readonly identity: SigningKey;
  readonly certificate: ClientCertificate;
  /** The coordinator's contract-signing key, 32 bytes. */
  readonly contractKey: Uint8Array;
  /** Key of the local hash of shoppers' ids, 32 bytes. */
  readonly localKey: Uint8Array;
}

const merchantSchema = z.strictObject({
  merchant: z.string().min(1),
  federation: z.string().min(1),
  joined_at: z.string(),
});

/** Whether a directory holds a merchant. */
export function isJoined(root: string): boolean {
  return existsSync(statePaths(root).merchant);
}

/**
 * Reads a joined merchant's directory.
 * @throws GuildhallError STATE_MISSING when nobody joined here, STATE_DAMAGED naming a file that is missing or broken,
 *   STATE_KEY_EXPOSED when others can read a key
 */
export function openState(root: string): ClientState {
  const paths = statePaths(root);
  const record = readIfPresent(paths.merchant);
  if (record === undefined) {
    throw new GuildhallError('STATE_MISSING', `${root} holds no merchant.`, { details: { file: paths.merchant } });
  }
  const { merchant, federation } = readToml(record.toString('utf8'), paths.merchant, merchantSchema, 'STATE_DAMAGED');
  return {
    paths,
    merchant,
    federation,
    identity: SigningKey.fromSeed(fromHex(readSecret(paths.identityKey).toString('utf8'), paths.identityKey)),
    certificate: {
      authority: readText(paths.authority),
      certificate: readText(paths.tlsCertificate),
      key: readSecret(paths.tlsKey).toString('utf8'),
    },
    contractKey: fromHex(readText(paths.contractKey), paths.contractKey),
    localKey: fromHex(readSecret(paths.localKey).toString('utf8'), paths.localKey),
  };
}

function readText(file: string): string {
  const bytes = readIfPresent(file);
  if (bytes === undefined) throw damaged(file, 'is missing');
  return bytes.toString('utf8');
}

function fromHex(text: string, file: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text.trim())) throw damaged(file, 'does not hold 32 bytes in hexadecimal');
  return new Uint8Array(Buffer.from(text.trim(), 'hex'));
}

function damaged(file: string, what: string, cause?: unknown): GuildhallError {
  return new GuildhallError('STATE_DAMAGED', `${file} ${what}.`, { details: { file }, cause });
}

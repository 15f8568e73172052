import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import * as x509 from '@peculiar/x509';

import { GuildhallError } from '../../errors/index.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** The authority is pinned by every client; replacing it means that all of them join again. */
const AUTHORITY_DAYS = 3650;
const LEAF_DAYS = 825;
/** Clocks of clients may be behind by this much. */
const BACKDATE_MS = 3_600_000;

/** What a certificate entitles its holder to; stands in the subject's organizational unit (OU). */
export type Role = 'authority' | 'coordinator' | 'administrator' | 'merchant';

/** A certificate with its private key, both PEM. */
export interface KeyAndCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * The platform's certificate authority (X.509 v3, RFC 5280; ECDSA P-256 with SHA-256).
 *
 * It says who may talk to the coordinator, and nothing about who is a merchant in a round: identity keys are pinned by
 * the merchants themselves (SECAGG.md, "Who is a merchant").
 */
export class CertificateAuthority {
  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificate: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.#certificate = certificate;
    this.#key = key;
  }

  /** Makes a new authority for a federation. */
  static async create(options: { federation: string; nowMs: number }): Promise<KeyAndCertificate> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: subject(options.federation, 'authority'),
      keys,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(options.nowMs - BACKDATE_MS),
      notAfter: new Date(options.nowMs + AUTHORITY_DAYS * DAY_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
  }

  /** Takes up an authority from its files. */
  static async load(files: KeyAndCertificate): Promise<CertificateAuthority> {
    const pkcs8 = x509.PemConverter.decodeFirst(files.keyPem);
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
    return new CertificateAuthority(new x509.X509Certificate(files.certificatePem), key);
  }

  /** The authority's certificate, DER: what a client pins. */
  get certificate(): Buffer {
    return Buffer.from(this.#certificate.rawData);
  }

  /** A server certificate for the hosts' names and IP addresses, with a fresh key. */
  async issueServer(options: { hosts: readonly string[]; nowMs: number }): Promise<KeyAndCertificate> {
    const keys = await generateKeys();
    const names = options.hosts.map((host) => ({
      type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
      value: host,
    }));
    const certificate = await this.#issue({
      publicKey: await publicKeyOf(keys),
      name: subject('coordinator', 'coordinator'),
      usage: x509.ExtendedKeyUsage.serverAuth,
      extensions: [new x509.SubjectAlternativeNameExtension(names)],
      nowMs: options.nowMs,
    });
    return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
  }

  /** The platform's own client certificate, with a fresh key. */
  async issueAdministrator(options: { nowMs: number }): Promise<KeyAndCertificate> {
    const keys = await generateKeys();
    const certificate = await this.#issue({
      publicKey: await publicKeyOf(keys),
      name: subject('administrator', 'administrator'),
      usage: x509.ExtendedKeyUsage.clientAuth,
      extensions: [],
      nowMs: options.nowMs,
    });
    return { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
  }

  /**
   * A merchant's client certificate, DER. The name is the invite's; nothing but the public key comes from the request.
   * @param options.publicKey the key of a request that {@link verifyCertificateRequest} has checked
   */
  async issueMerchant(options: { merchant: string; publicKey: x509.PublicKey; nowMs: number }): Promise<Buffer> {
    const certificate = await this.#issue({
      publicKey: options.publicKey,
      name: subject(options.merchant, 'merchant'),
      usage: x509.ExtendedKeyUsage.clientAuth,
      extensions: [],
      nowMs: options.nowMs,
    });
    return Buffer.from(certificate.rawData);
  }

  /**
   * A certificate of this authority once more, DER, with a new term: the same name, key and rights.
   * @throws GuildhallError CERTIFICATE_REFUSED when it is not of this authority
   */
  async renew(certificate: Uint8Array | string, options: { nowMs: number }): Promise<Buffer> {
    const old = new x509.X509Certificate(typeof certificate === 'string' ? certificate : Uint8Array.from(certificate));
    const usage = old.getExtension(x509.ExtendedKeyUsageExtension)?.usages[0];
    const isOurs = await old.verify({ publicKey: this.#certificate.publicKey, signatureOnly: true });
    if (usage === undefined || !isOurs) {
      throw new GuildhallError('CERTIFICATE_REFUSED', `The certificate of ${old.subject} is not of this authority.`);
    }
    const names = old.getExtension(x509.SubjectAlternativeNameExtension);
    const renewed = await this.#issue({
      publicKey: old.publicKey,
      name: old.subjectName.toJSON(),
      usage,
      extensions: names === null ? [] : [new x509.SubjectAlternativeNameExtension(names.rawData)],
      nowMs: options.nowMs,
    });
    return Buffer.from(renewed.rawData);
  }

  async #issue(request: {
    publicKey: x509.PublicKey;
    name: x509.JsonName;
    usage: x509.ExtendedKeyUsageType;
    extensions: x509.Extension[];
    nowMs: number;
  }): Promise<x509.X509Certificate> {
    return x509.X509CertificateGenerator.create({
      subject: request.name,
      issuer: this.#certificate.subjectName.toJSON(),
      publicKey: request.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(request.nowMs - BACKDATE_MS),
      // Never beyond the authority's own: a chain is as valid as its shortest part.
      notAfter: new Date(Math.min(request.nowMs + LEAF_DAYS * DAY_MS, this.#certificate.notAfter.getTime())),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([request.usage], true),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
        ...request.extensions,
      ],
    });
  }
}

/** When a certificate (DER or PEM) began and when it expires, ms since the epoch. */
export function termOf(certificate: Uint8Array | string): { readonly fromMs: number; readonly untilMs: number } {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) };
}

/** A DER certificate as PEM text. */
export function certificatePem(der: Uint8Array): string {
  return x509.PemConverter.encode(Uint8Array.from(der), 'CERTIFICATE');
}

/** Whether two certificates, DER, are over the same key. */
export function haveSameKey(one: Uint8Array, other: Uint8Array): boolean {
  return new X509Certificate(one).publicKey.equals(new X509Certificate(other).publicKey);
}

/** The SHA-256 fingerprint of a DER certificate, lower-case hexadecimal. */
export function certificateFingerprint(der: Uint8Array): string {
  return new X509Certificate(der).fingerprint256.replaceAll(':', '').toLowerCase();
}

function subject(name: string, role: Role): x509.JsonName {
  return [{ CN: [name] }, { OU: [role] }];
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function publicKeyOf(keys: webcrypto.CryptoKeyPair): Promise<x509.PublicKey> {
  return new x509.PublicKey(await webcrypto.subtle.exportKey('spki', keys.publicKey));
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

/** A new TLS key and the request that an authority turns into its certificate. */
export interface TlsRequest {
  /** P-256, PKCS#8 PEM. */
  readonly keyPem: string;
  /** PKCS#10, DER. */
  readonly request: Uint8Array;
}

/** Makes a P-256 key and a certificate request for the merchant's name. */
export async function createTlsRequest(merchant: string): Promise<TlsRequest> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name: [{ CN: [merchant] }],
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    request: new Uint8Array(request.rawData),
  };
}

/** A DER certificate as PEM text. */
export function certificatePem(der: Uint8Array): string {
  return x509.PemConverter.encode(new Uint8Array(der).buffer, 'CERTIFICATE');
}

import type { Logger } from 'pino';

import { GuildhallError } from '../../errors/index.js';
import { certificateFingerprint, termOf } from '../ca/index.js';
import type { CertificateAuthority } from '../ca/index.js';
import type { Clock } from '../clock.js';
import type { MerchantRecord, MerchantStore } from '../store/index.js';

/** A certificate that is younger is not renewed: asking again gets the same answer, and calls make no certificates. */
const RENEWED_AT_MOST_EVERY_MS = 86_400_000;

/** Renews merchants' certificates over the keys on record. */
export class Renewals {
  readonly #authority: CertificateAuthority;
  readonly #merchants: MerchantStore;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(parts: { authority: CertificateAuthority; merchants: MerchantStore; clock: Clock; logger: Logger }) {
    this.#authority = parts.authority;
    this.#merchants = parts.merchants;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /**
   * The merchant's certificate, DER, with a new term; as it is within a day of the last time.
   * @throws GuildhallError MERCHANT_UNKNOWN, CERTIFICATE_REVOKED
   */
  async renew(merchant: string): Promise<Buffer> {
    const record = await this.#standing(merchant);
    const nowMs = this.#clock.now();
    if (nowMs - termOf(record.certificate).fromMs < RENEWED_AT_MOST_EVERY_MS) return record.certificate;
    const certificate = await this.#authority.renew(record.certificate, { nowMs });
    const certificateSha256 = certificateFingerprint(certificate);
    await this.#merchants.replaceCertificate(record, { certificate, certificateSha256 });
    this.#logger.info({ merchant, certificate: certificateSha256 }, 'certificate renewed');
    return (await this.#standing(merchant)).certificate;
  }

  async #standing(merchant: string): Promise<MerchantRecord> {
    const record = await this.#merchants.find(merchant);
    if (record === undefined) {
      throw new GuildhallError('MERCHANT_UNKNOWN', `No merchant named ${merchant} has enrolled.`);
    }
    if (record.state === 'enrolled') return record;
    throw new GuildhallError('CERTIFICATE_REVOKED', `${merchant} has been revoked.`);
  }
}

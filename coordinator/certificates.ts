import type { Logger } from 'pino';

import { errorCodeOf, GuildhallError } from '../errors/index.js';
import { termOf } from './ca/index.js';
import type { Clock } from './clock.js';
import type { MerchantStore } from './store/index.js';

const DAY_MS = 86_400_000;
/** Renewing takes a command and a restart. */
const LEAF_WARNING_DAYS = 30;
/** Replacing the authority means that every merchant joins again. */
const AUTHORITY_WARNING_DAYS = 365;

/** A certificate and its end. */
export interface CertificateEnd {
  /** `authority`, `coordinator`, `administrator`, or `merchant NAME`. */
  readonly holder: string;
  /** ms since the epoch. */
  readonly untilMs: number;
  /** Whether the end is so near that somebody should act. */
  readonly isNear: boolean;
}

/** The platform's own certificates, PEM. */
export interface OwnCertificates {
  readonly authority: string;
  readonly coordinator: string;
  readonly administrator: string;
}

/** Watches over the ends of certificates: looks when it is started and once a day, and warns in the log. */
export class CertificateWatch {
  readonly #own: OwnCertificates;
  readonly #merchants: Pick<MerchantStore, 'list'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: (() => void) | undefined;

  constructor(parts: { own: OwnCertificates; merchants: Pick<MerchantStore, 'list'>; clock: Clock; logger: Logger }) {
    this.#own = parts.own;
    this.#merchants = parts.merchants;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Looks at once, and every day from then on. A look that fails is a line of the log. */
  start(): void {
    this.#cancel = this.#clock.at(this.#clock.now() + DAY_MS, () => this.start());
    this.#look().catch((error: unknown) => {
      this.#logger.warn({ code: errorCodeOf(error) }, 'ends of certificates not looked at');
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** The platform's own certificates, and those of enrolled merchants that end soon. */
  async ends(): Promise<CertificateEnd[]> {
    const merchants = (await this.#merchants.list())
      .filter(({ state }) => state === 'enrolled')
      .map(({ name, certificate }) => this.#end(`merchant ${name}`, certificate, LEAF_WARNING_DAYS));
    return [
      this.#end('authority', this.#own.authority, AUTHORITY_WARNING_DAYS),
      this.#end('coordinator', this.#own.coordinator, LEAF_WARNING_DAYS),
      this.#end('administrator', this.#own.administrator, LEAF_WARNING_DAYS),
      ...merchants.filter(({ isNear }) => isNear),
    ];
  }

  async #look(): Promise<void> {
    for (const { holder, untilMs, isNear } of await this.ends()) {
      if (!isNear) continue;
      const daysLeft = Math.floor((untilMs - this.#clock.now()) / DAY_MS);
      this.#logger.warn({ holder, daysLeft, until: new Date(untilMs).toISOString() }, 'certificate expires soon');
    }
  }

  #end(holder: string, certificate: Uint8Array | string, warningDays: number): CertificateEnd {
    const { untilMs } = termOf(certificate);
    return { holder, untilMs, isNear: untilMs - this.#clock.now() < warningDays * DAY_MS };
  }
}

/**
 * Refuses to serve with a certificate that every client would refuse, and stop at.
 * @throws GuildhallError CERTIFICATE_EXPIRED
 */
export function requireStanding(certificate: string, nowMs: number): void {
  const { untilMs } = termOf(certificate);
  if (untilMs > nowMs) return;
  throw new GuildhallError(
    'CERTIFICATE_EXPIRED',
    `The coordinator's certificate expired at ${new Date(untilMs).toISOString()}.`,
  );
}

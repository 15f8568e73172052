import { errorCodeOf } from '../errors/index.js';
import type { Logger } from 'pino';
import { certificateTerm } from './certificate.js';
import { isAborted } from './clock.js';
import type { Clock } from './clock.js';
import { askForCertificate } from './renew.js';
import type { RoundsApi } from './rounds/api.js';
import type { ClientState } from './state/directory.js';
import type { Caller } from './wire/caller.js';
import { mutualTls } from './wire/credentials.js';

const DAY_MS = 86_400_000;

/** What tending works with. */
export interface TendOptions {
  readonly api: Pick<RoundsApi, 'renewCertificate'>;
  readonly caller: Pick<Caller, 'use'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * While the client runs: looks at its certificate once a day, renews it when it is due, and goes on with the new one
 * without a pause. Where that fails until the end is near, each day has a warning in the log.
 */
export async function tendCertificate(
  state: ClientState,
  { api, caller, clock, logger, signal }: TendOptions,
): Promise<void> {
  let current = state.certificate;
  while (!isAborted(signal)) {
    if (certificateTerm(current.certificate, clock.now()).isDue) {
      try {
        const next = await askForCertificate({ ...state, certificate: current }, api, signal);
        if (next !== current) {
          current = next;
          caller.use(mutualTls(next));
          logger.info({ expires: certificateTerm(next.certificate, clock.now()).expires }, 'certificate renewed');
        }
      } catch (error) {
        if (!isAborted(signal)) logger.info({ code: errorCodeOf(error) }, 'certificate not renewed yet');
      }
      const { state: standing, expires, daysLeft } = certificateTerm(current.certificate, clock.now());
      if (standing !== 'valid') logger.warn({ expires, daysLeft }, 'certificate expires soon');
    }
    await clock.sleep(DAY_MS, signal).catch(() => undefined);
  }
}

import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * A logger for the merchant's own eyes. Keys, tokens and vectors have no business in it; their usual names are
 * blanked all the same.
 * @param destination where lines go; results go to stdout, so this should be stderr
 */
export function createLogger(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      redact: ['token', 'key', 'seed', 'secret', 'vector', '*.token', '*.key', '*.seed', '*.secret'],
    },
    destination,
  );
}

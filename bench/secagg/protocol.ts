import { z } from 'zod';
import { SERVER_STEPS } from '../../crypto/index.js';

const step = z.enum(SERVER_STEPS);
const cell = z.object({
  merchants: z.int(),
  dimension: z.int(),
  dropped: z.int(),
  colluders: z.int(),
  ringBits: z.int(),
});

const requestSchema = z.discriminatedUnion('kind', [
  /** The round, with the members' identity keys one after another in the body. */
  z.object({ kind: z.literal('begin'), cell }),
  /** A merchant's envelope in the body. */
  z.object({ kind: z.literal('accept'), step, merchant: z.string() }),
  /** A piece of the vector whose envelope came before. */
  z.object({ kind: z.literal('chunk') }),
  /** Answered by what the merchants get next; at the end by the digest of the sum. */
  z.object({ kind: z.literal('close'), step }),
  /** Answered by a merchant's delivery. */
  z.object({ kind: z.literal('delivery'), merchant: z.string() }),
  /** Answered by the report. */
  z.object({ kind: z.literal('report') }),
]);
/** What the driver asks of the server part. */
export type Request = z.infer<typeof requestSchema>;

/**
 * Checks a request. Of some a round has thousands: those are told by hand, because zod would take as long as a small
 * message does, and that time would be counted as the server part's.
 *
 * @param header JSON
 */
export function parseRequest(header: unknown): Request {
  return isFrequent(header) ? header : requestSchema.parse(header);
}

function isFrequent(header: unknown): header is Extract<Request, { kind: 'accept' | 'chunk' | 'delivery' }> {
  if (typeof header !== 'object' || header === null || !('kind' in header)) return false;
  if (header.kind === 'chunk') return true;
  if (!('merchant' in header) || typeof header.merchant !== 'string') return false;
  if (header.kind === 'delivery') return true;
  return header.kind === 'accept' && 'step' in header && SERVER_STEPS.some((known) => known === header.step);
}

/** What the server part measured of itself. */
export const reportSchema = z.object({
  bySteps: z.record(z.string(), z.number()),
  /** Peak resident memory of the process. */
  peakMiB: z.number(),
  /** Resident memory once the code was loaded, before the round. */
  idleMiB: z.number(),
  /** Longest time for which one message, or the end of a step, held up the event loop. */
  longestBlockMs: z.number(),
  /** What the main thread itself ran in the longest of those times; left out where the system does not say. */
  longestBlockCpuMs: z.number().optional(),
});
/** What the server part measured of itself. */
export type ServerReport = z.infer<typeof reportSchema>;

/** What the server part answers: a report has no body. */
export const replySchema = z.object({ report: reportSchema.optional() });
/** What the server part answers. */
export type Reply = z.infer<typeof replySchema>;

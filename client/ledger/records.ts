import { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import type { JournalEntry, LedgerRecord } from '../../privacy/index.js';

const contractRound = { contractSha256: z.string(), job: z.string(), round: z.number() };

const release = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('discreteGaussian'),
    noiseMultiplier: z.number(),
    samplingRate: z.number(),
    sensitivity: z.number(),
    delta: z.number(),
    repetitions: z.number().optional(),
  }),
  z.strictObject({ kind: z.literal('pure'), epsilon: z.number(), sensitivity: z.number() }),
]);

const entrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('opened'), salt: z.string(), at: z.number() }),
  z.strictObject({ kind: z.literal('joined'), ...contractRound, at: z.number() }),
  z.strictObject({ kind: z.literal('spent'), ...contractRound, steps: z.number(), release, spentAt: z.number() }),
  z.strictObject({ kind: z.literal('refused'), ...contractRound, code: z.string(), at: z.number() }),
  z.strictObject({
    kind: z.literal('unmasked'),
    modelSha256: z.string(),
    survivors: z.array(z.string()),
    at: z.number(),
  }),
  z.strictObject({
    kind: z.literal('resolved'),
    by: z.string(),
    reason: z.string(),
    code: z.string(),
    lostHeads: z.array(z.string()),
    at: z.number(),
  }),
]);

const recordSchema: z.ZodType<LedgerRecord> = z.strictObject({
  sequence: z.number(),
  previous: z.string(),
  entry: entrySchema,
  hash: z.string(),
});

/**
 * A record from its stored or exported parts. Only its form is looked at: whether it belongs where it stands is for
 * verifyLedger to say.
 * @throws GuildhallError LEDGER_CORRUPT naming the record
 */
export function recordOf(parts: unknown, at: number): LedgerRecord {
  const parsed = recordSchema.safeParse(parts);
  if (parsed.success) return parsed.data;
  throw new GuildhallError('LEDGER_CORRUPT', `Ledger record ${at} cannot be read.`, { details: { record: at } });
}

/** Parses JSON; what is none becomes undefined, which no schema takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

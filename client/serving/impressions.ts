import { closeSync, fsyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../../durable/index.js';
import { storageFailure } from '../state/failures.js';
import { readIfPresent } from '../state/files.js';

const place = z.strictObject({
  /** From 1, as people count. */
  place: z.int().min(1),
  item: z.string(),
  /** What the ranker alone would have shown here. */
  ranked: z.string(),
  explored: z.boolean(),
  propensity: z.number().gt(0).max(1),
});

const impression = z.strictObject({
  version: z.literal(1),
  /** Names the request in the shop's click log. */
  request: z.string().min(1),
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
  /** The shopper's pseudonym under the merchant's local key; null for clicks alone or someone new. */
  shopper: z.string().nullable(),
  places: z.array(place).min(1),
});

/** One served list that explored, as it stands on one line of the log. */
export type Impression = z.infer<typeof impression>;

/** A log of impressions as it was read. */
export interface ReadImpressions {
  readonly impressions: readonly Impression[];
  /** Lines, from 1, that are not impressions: half-written in a crash, or edited. */
  readonly damaged: readonly number[];
}

/**
 * Appends an impression, durably, before anybody sees the list: what is not in the log cannot be weighed later. A line
 * that a crash cut short is closed first.
 * @throws GuildhallError STATE_DISK_FULL, STATE_READ_ONLY or STATE_IO
 */
export function appendImpression(file: string, entry: Impression): void {
  try {
    const log = openSync(file, 'a+', 0o600);
    try {
      const { size } = fstatSync(log);
      const last = new Uint8Array(1);
      const torn = size > 0 && readSync(log, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
      writeWhole(log, Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(entry)}\n`));
      fsyncSync(log);
      if (size === 0) syncFolder(dirname(file));
    } finally {
      closeSync(log);
    }
  } catch (error) {
    throw storageFailure(error, 'write', file);
  }
}

/** A single call may write a part only. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

const NEWLINE = 0x0a;

/** The whole log; empty where nothing was explored yet. @throws GuildhallError STATE_IO */
export function readImpressions(file: string): ReadImpressions {
  const lines = readIfPresent(file)?.toString('utf8').split('\n') ?? [];
  const impressions: Impression[] = [];
  const damaged: number[] = [];
  lines.forEach((line, at) => {
    if (line === '') return;
    const parsed = impression.safeParse(jsonOf(line));
    if (parsed.success) impressions.push(parsed.data);
    else damaged.push(at + 1);
  });
  return { impressions, damaged };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

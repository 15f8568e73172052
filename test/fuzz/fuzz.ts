import { GuildhallError } from '../../errors/index.js';
import { mutate, seededDice } from './mutate.js';
import { Undecodable } from './parser.js';
import type { Parser } from './parser.js';

/** What became of so many spoilt messages. */
export interface FuzzResult {
  /** Still good, or good enough: read without a refusal. */
  readonly taken: number;
  /** Turned away before a machine saw them. */
  readonly undecodable: number;
  /** Refusals by code. */
  readonly refused: ReadonlyMap<string, number>;
  /** What was thrown that is no refusal, with the message that brought it about. */
  readonly crashes: readonly string[];
  /** Longest time that one message took, milliseconds. */
  readonly longestMs: number;
}

/** Spoils good messages in `count` ways that follow from the seed, and hands each to the parser. */
export async function fuzz(parser: Parser, count: number, seed: number): Promise<FuzzResult> {
  const dice = seededDice(seed);
  const pick = (): Uint8Array => parser.good[dice(parser.good.length)] ?? new Uint8Array();
  const refused = new Map<string, number>();
  const crashes: string[] = [];
  let [taken, undecodable, longestMs] = [0, 0, 0];
  for (let run = 0; run < count; run++) {
    const bytes = mutate(pick(), pick(), dice);
    const before = performance.now();
    try {
      await parser.parse(bytes);
      taken++;
    } catch (error) {
      if (error instanceof GuildhallError) refused.set(error.code, (refused.get(error.code) ?? 0) + 1);
      else if (error instanceof Undecodable) undecodable++;
      else crashes.push(`${String(error)} at ${bytes.toString('hex')}`);
    }
    longestMs = Math.max(longestMs, performance.now() - before);
  }
  return { taken, undecodable, refused, crashes, longestMs };
}

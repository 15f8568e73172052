import { EXAMPLES_KEPT } from './report.js';
import type { Anomaly } from './report.js';

/** More events than a person has: the rest of a longer history is left out, oldest first. */
export const MOST_EVENTS = 1000;
/** Clocks and time zones differ by so much without anything being wrong. */
const CLOCK_TOLERANCE_MS = 86_400_000;
/** Nothing was bought online before: an earlier time is an empty field in disguise. */
const EARLIEST_MS = Date.UTC(1990, 0, 1);

/** Counts one kind of anomaly while a file is read. */
export class AnomalyTally {
  private readonly lines: number[] = [];
  private counted = 0;

  get count(): number {
    return this.counted;
  }

  add(line?: number): void {
    this.counted += 1;
    if (line !== undefined && this.lines.length < EXAMPLES_KEPT) this.lines.push(line);
  }

  /** The anomaly, or nothing where none was counted. */
  report(kind: Anomaly['kind'], action: Anomaly['action'], explanation: string): Anomaly[] {
    return this.counted === 0 ? [] : [{ kind, count: this.counted, action, explanation, lines: this.lines }];
  }
}

/**
 * Signs of text that was decoded wrongly somewhere before: the replacement character, control characters, and the pairs
 * that UTF-8 leaves when it is read as Windows-1252 (Ã©, â€™, Â°).
 */
const BROKEN = /\ufffd|(?![\t\n\r])\p{Cc}|Ã[\u0080-\u00bf]|â€|Â[\u0080-\u00bf]/u;

/** Whether a text shows signs of a broken encoding. */
export function looksBroken(text: string): boolean {
  return BROKEN.test(text);
}

/** From these numbers a time can be in milliseconds, microseconds or seconds: the year 1973 or later. */
const [LEAST_MICROSECONDS, LEAST_MILLISECONDS, LEAST_SECONDS] = [1e14, 1e11, 1e8];

/** How many units of a time's own make a millisecond; undefined for small numbers, whose unit nobody knows. */
function unitsPerMillisecond(time: number): number | undefined {
  if (time >= LEAST_MICROSECONDS) return 1000;
  if (time >= LEAST_MILLISECONDS) return 1;
  return time >= LEAST_SECONDS ? 0.001 : undefined;
}

/** Whether a time lies ahead of now by more than clocks differ, or before there were shops online. */
export function judgeTime(time: number, now: number): 'fine' | 'future' | 'ancient' {
  const units = time <= 0 ? 1 : unitsPerMillisecond(time);
  if (units === undefined) return 'fine';
  const milliseconds = Math.max(0, time) / units;
  if (milliseconds > now + CLOCK_TOLERANCE_MS) return 'future';
  return milliseconds < EARLIEST_MS ? 'ancient' : 'fine';
}

/**
 * The present as a number beside times of a file: in microseconds, milliseconds or seconds as they are. Undefined beside smaller
 * numbers, of which nobody knows when they were.
 */
export function presentBeside(time: number, now: number): number | undefined {
  const units = unitsPerMillisecond(time);
  return units === undefined ? undefined : now * units;
}

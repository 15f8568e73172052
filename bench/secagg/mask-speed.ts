import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MASK_KEY_BYTES, applyMasks, osRandom } from '../../crypto/index.js';
import type { Mask } from '../../crypto/index.js';

const DIMENSION = 1_000_000;
const MASKS = 64;
const RUNS = 3;

/** How fast masks are made and added, beside what OpenSSL says of the cipher alone. */
export interface MaskSpeed {
  /** Bytes of mask expanded and added, per nanosecond of CPU on one core. */
  readonly gigabytesPerSecond: number;
  /** Of `openssl speed -evp aes-256-ctr` with blocks of 16 KiB; absent without openssl. */
  readonly opensslGigabytesPerSecond?: number;
  readonly ratio?: number;
}

/** The medians of interleaved runs, because other work on the machine slows both. */
export async function measureMaskSpeed(): Promise<MaskSpeed> {
  const vector = new Uint32Array(DIMENSION);
  const masks = Array.from({ length: MASKS }, (): Mask => ({ key: osRandom.bytes(MASK_KEY_BYTES), sign: 1 }));
  for (let run = 0; run < RUNS; run++) expandAndAdd(vector, masks);
  const own: number[] = [];
  const openssl: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    own.push(expandAndAdd(vector, masks));
    const speed = await opensslSpeed();
    if (speed !== undefined) openssl.push(speed);
  }
  const gigabytesPerSecond = median(own);
  if (openssl.length === 0) return { gigabytesPerSecond };
  const opensslGigabytesPerSecond = median(openssl);
  return {
    gigabytesPerSecond,
    opensslGigabytesPerSecond,
    ratio: Math.round((1000 * gigabytesPerSecond) / opensslGigabytesPerSecond) / 1000,
  };
}

function expandAndAdd(vector: Uint32Array, masks: readonly Mask[]): number {
  const before = process.cpuUsage();
  applyMasks(vector, masks, { ringBits: 32 });
  const { user, system } = process.cpuUsage(before);
  return hundredths((4 * vector.length * masks.length) / (1000 * (user + system)));
}

/** @returns undefined where there is no openssl */
async function opensslSpeed(): Promise<number | undefined> {
  const flags = ['speed', '-seconds', '1', '-bytes', '16384', '-evp', 'aes-256-ctr'];
  try {
    const { stdout } = await promisify(execFile)('openssl', flags);
    // The last line: "AES-256-CTR    7423044.27k", thousands of bytes a second.
    const found = /aes-256-ctr\s+([\d.]+)k\s*$/i.exec(stdout);
    return found === null ? undefined : hundredths(Number(found[1]) / 1e6);
  } catch {
    // Not installed, or one that knows other flags: the figure is left out, and the caller says so.
    return undefined;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}

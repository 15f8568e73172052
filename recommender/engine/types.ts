import type * as tfjs from '@tensorflow/tfjs-core';

/** The operations of TF.js; every model of the house is written in these and in operations.ts alone. */
export type TensorOperations = typeof tfjs;

/** A training engine that loads on this machine. */
export interface Engine {
  /** What to call it in a report. */
  readonly name: EngineName;
  readonly tf: TensorOperations;
  /** What it computes on, in words. */
  readonly device: string;
  /** Whether one operation keeps one core busy, so that threads of our own help, or as much as the machine has. */
  readonly cores: 'one' | 'all';
  /** Every engine that was tried before it and why it is not the one, then this one. */
  readonly attempts: readonly EngineAttempt[];
}

/**
 * The engines, best first: TensorFlow on a GPU, TensorFlow on the processor, WebAssembly with our own kernels (one
 * thread, SIMD), and plain JavaScript, which is the reference of parity tests and what remains where all else fails.
 */
export const ENGINE_NAMES = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const;

/** The name of an engine. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What became of one engine of {@link ENGINE_NAMES}. */
export interface EngineAttempt {
  readonly name: EngineName;
  readonly outcome: 'chosen' | 'not installed' | 'does not start';
  /** One sentence. */
  readonly reason: string;
}

/** An engine as its starter hands it over. */
export type StartedEngine = Pick<Engine, 'tf' | 'device' | 'cores'>;

/** Thrown by a starter whose package is not there: nothing is wrong, the next one is tried. */
export class NotInstalled extends Error {
  override readonly name = 'NotInstalled';
}

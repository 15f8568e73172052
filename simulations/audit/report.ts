import type { NoiseStrategyName } from '../../federation/index.js';
import type { GuessRecord } from '../../privacy/index.js';

/** Ways to fine-tune the re-ranker: under shared noise, the same with a clip norm that adapts, by merchant-local DP-SGD. */
export type GradientTask = 'gradients' | 'adaptive-clipping' | 'local-training';

/** What can be audited: the counts release, or the rounds of a fine-tuning. */
export type AuditedTask = 'statistics' | GradientTask;

/** How much of its noise the audited federation really adds; the claim stays. All but `full` must be caught. */
export type AuditedNoise = 'full' | 'tenth' | 'off';

/** 1 − the confidence of every lower bound. */
export const SIGNIFICANCE = 0.05;

/** What one audit found. */
export interface AuditReport extends GuessRecord {
  readonly task: AuditedTask;
  readonly noise: AuditedNoise;
  readonly strategy: NoiseStrategyName | 'local';
  /** What the ledger counts for the contract's rounds. */
  readonly upper: {
    readonly epsilon: number;
    readonly delta: number;
    /** An attacker's greatest advantage on one shopper. */
    readonly advantage: number;
  };
  /** What the guesses show. */
  readonly lower: {
    readonly epsilon: number;
    readonly confidence: number;
  };
  /** Whether the guesses contradict the claim: the lower bound exceeds the upper. */
  readonly contradicted: boolean;
}

/** What an audit needs beside its task. */
export interface AuditOptions {
  /** ε that the job is planned with. */
  readonly epsilon: number;
  /** m: canary shoppers, each in the data with probability ½. */
  readonly canaries: number;
  readonly noise: AuditedNoise;
  /** What the contract does with shared noise that more survivors than the fewest leave over. */
  readonly strategy: NoiseStrategyName;
  /** Keys for all coins, fresh 32 bytes a call: the operating system's in an audit, fixed in tests. */
  readonly key: () => Uint8Array;
  /** Told what goes on, in words. */
  readonly onProgress?: (message: string) => void;
}

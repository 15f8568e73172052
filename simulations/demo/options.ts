import type { JobKind } from '../../federation/index.js';

/** What becomes of noise that more survivors than the fewest leave over. */
export type DemoStrategy = 'removable' | 'worst-case' | 'local';

/** What a person asks of a demo. */
export interface DemoOptions {
  /** Executable and first arguments of the `guildhall` command: every process of the demo is one of its commands. */
  readonly command: readonly string[];
  /** n, at least 4. @default 8 without `data`, 20 with all its catalogues, 5 with one of them */
  readonly merchants?: number | undefined;
  /** c. @default 1 below 8 merchants, 2 from 8 on */
  readonly colluders?: number | undefined;
  /** U_min. @default the agreement threshold */
  readonly minimumSurvivors?: number | undefined;
  /** In the order in which they run. */
  readonly jobs: readonly JobKind[];
  /** One (ε, δ) over all jobs, or none. */
  readonly privacy: { readonly epsilon: number; readonly delta: number } | 'none';
  /** Seed of the marketplace and of how shoppers are given to merchants; never of noise or keys. */
  readonly seed: number;
  /** Shoppers a merchant, or all that `data` has. @default 600 without `data`, 1000 with it */
  readonly shoppers?: number | 'all' | undefined;
  /** Part of ε for the re-rankers where counts run too. @default by the plan */
  readonly gradientsShare?: number | undefined;
  /** What the linear re-ranker reads. @default 'strict' */
  readonly features?: 'strict' | 'random' | undefined;
  /** Newton steps of the linear re-ranker. @default 1 */
  readonly newtonRounds?: number | undefined;
  /**
   * Whether excess noise is taken out again, or every merchant adds its own; or the same jobs once with excess noise left
   * in and once without, each under the whole budget. @default 'worst-case': it stays
   */
  readonly noiseStrategy?: DemoStrategy | 'both' | undefined;
  /** Whether the fine-tuning's clip norm adapts. @default 'fixed' */
  readonly clipping?: 'fixed' | 'adaptive' | undefined;
  /** A folder with one sub-folder a catalogue; undefined makes a synthetic marketplace. */
  readonly data?: string | undefined;
  /** Names of sub-folders of `data`; all of them when undefined. */
  readonly catalogues?: readonly string[] | undefined;
  /** Keeps the demo's directory here instead of a temporary one; it must not exist. */
  readonly keep?: string | undefined;
  readonly signal: AbortSignal;
}

/** Tells a person how the demo goes on. */
export interface DemoProgress {
  /** A line that stays. */
  say(line: string): void;
  /** A line that the next one may replace. */
  update(line: string): void;
}

/** The strategies that a demo runs, one after another; undefined leaves the choice to the plan. */
export function strategiesOf(choice: DemoOptions['noiseStrategy']): readonly (DemoStrategy | undefined)[] {
  return choice === 'both' ? ['worst-case', 'removable'] : [choice];
}

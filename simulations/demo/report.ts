import type { PopularItems } from '../../client/index.js';
import type { DemoStrategy } from './options.js';

/** Figures of one ranking: full ranking of the catalogue, leave-one-out. */
export interface RankingFigures {
  readonly hr10: number;
  readonly ndcg10: number;
}

/** Relative change of NDCG@10 with a 95 % interval: .05 is five per cent. */
export interface RelativeGain {
  readonly ndcg10: number;
  readonly low: number;
  readonly high: number;
}

/** One round as the coordinator knows it. */
export interface RoundReport {
  readonly job: string;
  /** Counts up within the job. */
  readonly round: number;
  /** SHA-256 of the contract, hexadecimal. */
  readonly contract: string;
  /** U1, by name. */
  readonly roster: readonly string[];
  /** U3, by name. */
  readonly survivors: readonly string[];
  /** U1 without U3: whom the round lost. */
  readonly dropped: readonly string[];
  /** Who refused to take part, and the code that was all it said. */
  readonly declined: readonly { readonly merchant: string; readonly code: string }[];
  readonly status: 'done' | 'aborted';
  /** Why, when aborted. */
  readonly code?: string;
}

/** What one merchant has alone, what it has together with the others, and what that cost. */
export interface MerchantReport {
  readonly name: string;
  readonly catalogue: string;
  readonly shoppers: number;
  /** Those whose test items the figures are of. */
  readonly evaluated: number;
  /** Own evidence and item texts under public default weights. */
  readonly alone: RankingFigures;
  /** The same under the weights that the merchant ranks with: its own where validation items prove a gain. */
  readonly tuned: RankingFigures;
  /** Under the weights of `tuned`, with what was released. */
  readonly together: RankingFigures;
  /** Under the default weights, with what was released. */
  readonly togetherUntuned: RankingFigures;
  /** Of `together` over `alone`, and over `tuned`; paired over shoppers. */
  readonly gain: RelativeGain;
  readonly gainOverTuned: RelativeGain;
  /** Which weights `tuned` and `together` have, and why. */
  readonly weights: string;
  /** Released components that this merchant's gate does not use, because shoppers that no release has seen show harm, or of the tower no gain. */
  readonly unused: readonly string[];
  /** Where a tower was released. */
  readonly tower?: TowerReport;
  /** ε at `delta` by the merchant's own ledger, over all jobs; null without noise. */
  readonly epsilon: number | null;
  readonly delta: number;
  /** At most this; null without noise. */
  readonly advantage: number | null;
  /** Bytes that left the merchant in uploads of masked vectors. */
  readonly bytesSent: number;
}

/** A released tower at one merchant, whatever its gate says of it. */
export interface TowerReport {
  /** Ranking by the tower alone, before and after its training. */
  readonly untrained: RankingFigures;
  readonly trained: RankingFigures;
  /** Of `trained` over `untrained`. */
  readonly gain: RelativeGain;
  /** Of the merchant's own mix with the tower as a term over the mix without it. */
  readonly gainInMix: RelativeGain;
  /** Whether the gate lets it in. */
  readonly used: boolean;
}

/** What the same jobs brought under one noise strategy; null where no noise was asked for. */
export interface StrategyReport {
  readonly strategy: DemoStrategy | null;
  /** Variance of the noise in the released counts over what their contract claims, a mean over catalogues; null without. */
  readonly noiseLeft: number | null;
  readonly together: RankingFigures;
  /** Of `together` over alone under default weights, and over alone under own weights. */
  readonly gain: RelativeGain;
  readonly gainOverTuned: RelativeGain;
}

/** The outcome of a demo: `guildhall demo --json` prints exactly this. */
export interface DemoReport {
  readonly dataset: string;
  readonly synthetic: boolean;
  readonly rounds: readonly RoundReport[];
  readonly merchants: readonly MerchantReport[];
  /** Means over merchants; gains are those of the means, their intervals over merchants. */
  readonly mean: {
    readonly alone: RankingFigures;
    readonly tuned: RankingFigures;
    readonly together: RankingFigures;
    readonly togetherUntuned: RankingFigures;
    readonly gain: RelativeGain;
    readonly gainOverTuned: RelativeGain;
    /** What releases bring under the default weights: `togetherUntuned` over `alone`. */
    readonly gainUntuned: RelativeGain;
    /** What tuned weights bring with nobody else's help: `tuned` over `alone`. */
    readonly gainOfTuning: RelativeGain;
    /** Merchants that have more together than alone under default weights. */
    readonly better: number;
  };
  /** One for every noise strategy that ran, in that order; the other figures of this report are of the first. */
  readonly strategies: readonly StrategyReport[];
  /** Means over merchants of {@link MerchantReport.tower}, and how many gates let it in. */
  readonly tower?: Omit<TowerReport, 'used'> & { readonly used: number };
  /** What popularity releases say, the greatest counts of each catalogue; absent where none was released. */
  readonly popular?: readonly PopularItems[];
  /** The client that was killed, in which round, and how the round ended. */
  readonly killed: { readonly merchant: string; readonly job: string; readonly round: number } | null;
  /** What the coordinator saw and what it could not see, a sentence each. */
  readonly saw: readonly string[];
  readonly couldNotSee: readonly string[];
  /** Seconds from the start of the first process to the table. */
  readonly seconds: number;
}

import { sparseThresholds } from './sparse-parameters.js';

/** Fewest merchants that any round may have. */
export const FEWEST_MERCHANTS = 4;
/** Up to so many merchants everyone is everyone's neighbour; above, coins draw a sparse graph. */
export const COMPLETE_UP_TO = 200;
/** δ: the share of merchants that a sparse graph is drawn to lose. */
const SPARSE_DROPOUTS = 0.3;

/** What the numbers of a round follow from. */
export interface RosterNumbers {
  /** n = |U1|, a positive integer. */
  readonly merchants: number;
  /** c, a positive integer. */
  readonly colluders: number;
  /** The contract's U_min. */
  readonly minimumSurvivors: number;
}

/** How many merchants must still be there, whatever the graph. */
export interface Quorums {
  /** T: so many signatures on one view; any two sets of T share an honest signer, who signs once. */
  readonly agreement: number;
  /** U_min: fewest merchants in U1, U2 and U3; the same for all. */
  readonly minimumSurvivors: number;
}

/** The numbers of a round, fixed by its roster (SECAGG, "Parameters"). */
export interface Thresholds extends Quorums {
  /** n = |U1|. */
  readonly merchants: number;
  /** c, tolerated colluders. */
  readonly colluders: number;
  /** p: every pair is an edge with this probability, apart from all others; 1 on the complete graph. */
  readonly edgeProbability: number;
  /** t: so many shares give a secret back. */
  readonly share: number;
  /**
   * How many merchants may vanish after the roster is set; below 0 the round cannot succeed. On a sparse graph more may
   * do, if they happen to leave everyone t neighbours.
   */
  readonly lossesSurvived: number;
}

/**
 * T = ⌊(n+c)/2⌋ + 1: two views with T signatures each would need 2T ≤ (n−c) + 2c, colluders signing both.
 * U_min = max(the contract's, T).
 */
export function quorums({ merchants, colluders, minimumSurvivors }: RosterNumbers): Quorums {
  const agreement = Math.floor((merchants + colluders) / 2) + 1;
  return { agreement, minimumSurvivors: Math.max(minimumSurvivors, agreement) };
}

/**
 * The numbers of a round, and with them its graph: complete for n ≤ {@link COMPLETE_UP_TO}, and where no sparse one is
 * safe.
 *
 * On the complete graph t = T − 1, because each secret has n − 1 holders and its owner may be one of the T who are left.
 * On a sparse one t is {@link sparseThresholds}'.
 */
export function thresholds(round: RosterNumbers): Thresholds {
  const { merchants, colluders } = round;
  const { agreement, minimumSurvivors } = quorums(round);
  const losses = merchants - minimumSurvivors;
  const common = { merchants, colluders, agreement, minimumSurvivors };
  const sparse =
    merchants > COMPLETE_UP_TO && colluders < merchants
      ? sparseThresholds({ merchants, colluders, dropouts: SPARSE_DROPOUTS })
      : undefined;
  if (sparse === undefined) return { ...common, edgeProbability: 1, share: agreement - 1, lossesSurvived: losses };
  const { edgeProbability, share } = sparse;
  return {
    ...common,
    edgeProbability,
    share,
    lossesSurvived: Math.min(losses, Math.floor(SPARSE_DROPOUTS * merchants)),
  };
}

/** What gives a round its numbers: {@link thresholds}, but where a test plays a sparse graph of a handful of merchants. */
export type ThresholdRule = (round: RosterNumbers) => Thresholds;

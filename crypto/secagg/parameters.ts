/** Fewest merchants that any round may have. */
export const FEWEST_MERCHANTS = 4;

/** The numbers of a round on the complete graph, fixed by its roster (SECAGG, "Parameters"). */
export interface Thresholds {
  /** n = |U1|. */
  readonly merchants: number;
  /** c, tolerated colluders. */
  readonly colluders: number;
  /** T: so many signatures on one view; any two sets of T share an honest signer, who signs once. */
  readonly agreement: number;
  /** t: so many shares give a secret back. */
  readonly share: number;
  /** U_min: fewest merchants in U1, U2 and U3; the same for all. */
  readonly minimumSurvivors: number;
  /** How many merchants may vanish after the roster is set; below 0 the round cannot succeed. */
  readonly lossesSurvived: number;
}

/**
 * T = ⌊(n+c)/2⌋ + 1: two views with T signatures each would need 2T ≤ (n−c) + 2c, colluders signing both.
 * t = T − 1, because each secret has n − 1 holders and its owner may be one of the T who are left.
 * U_min = max(the contract's, T).
 *
 * @param round.merchants n, a positive integer
 * @param round.colluders c, a positive integer
 * @param round.minimumSurvivors the contract's U_min
 */
export function thresholds(round: {
  readonly merchants: number;
  readonly colluders: number;
  readonly minimumSurvivors: number;
}): Thresholds {
  const { merchants, colluders } = round;
  const agreement = Math.floor((merchants + colluders) / 2) + 1;
  const minimumSurvivors = Math.max(round.minimumSurvivors, agreement);
  return {
    merchants,
    colluders,
    agreement,
    share: agreement - 1,
    minimumSurvivors,
    lossesSurvived: merchants - minimumSurvivors,
  };
}

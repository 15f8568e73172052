import { FEWEST_MERCHANTS, thresholds } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { RosterTerms } from '../../proto/index.js';

export { FEWEST_MERCHANTS };

/** What a person may fix about a roster; the rest is derived. */
export interface RosterWishes {
  /** c: colluding merchants tolerated. @default 1 below 8 merchants, 2 from 8 on */
  readonly colluders?: number | undefined;
  /** U_min: fewest survivors whose sum is opened. @default the agreement threshold T */
  readonly minimumSurvivors?: number | undefined;
}

/**
 * Roster rules for `merchants` merchants that lose as many of them as the agreement threshold allows.
 * @param merchants n, all of whom are expected to take part
 * @throws GuildhallError ROSTER_IMPOSSIBLE when no sum of so few merchants hides one of them
 */
export function rosterFor(merchants: number, wishes: RosterWishes = {}): RosterTerms {
  const colluders = wishes.colluders ?? (merchants < 8 ? 1 : 2);
  const wished = wishes.minimumSurvivors ?? 0;
  const { agreement, minimumSurvivors } = thresholds({ merchants, colluders, minimumSurvivors: wished });
  const refuse = (why: string): GuildhallError => new GuildhallError('ROSTER_IMPOSSIBLE', why);
  if (merchants < FEWEST_MERCHANTS) {
    throw refuse(`${merchants} merchants are too few: at least ${FEWEST_MERCHANTS} are needed.`);
  }
  if (agreement > merchants) {
    throw refuse(`With ${colluders} colluders ${agreement} merchants must agree, and there are ${merchants}.`);
  }
  if (minimumSurvivors > merchants) {
    throw refuse(`${minimumSurvivors} survivors are more than the ${merchants} merchants that there are.`);
  }
  if (minimumSurvivors - colluders < 2) {
    throw refuse(
      `A sum of ${minimumSurvivors} survivors with ${colluders} colluders leaves one honest merchant alone.`,
    );
  }
  return {
    minimumMerchants: Math.max(FEWEST_MERCHANTS, minimumSurvivors),
    colluders,
    minimumSurvivors,
    maximumMerchants: merchants,
  };
}

/** How many merchants a round of all of them can lose after they advertised. */
export function lossesSurvived(merchants: number, { minimumSurvivors }: RosterTerms): number {
  return merchants - minimumSurvivors;
}

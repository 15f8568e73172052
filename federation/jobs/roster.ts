import { FEWEST_MERCHANTS, quorums } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { RosterTerms } from '../../proto/index.js';

/**
 * δ: the share of merchants that a roster plans to lose. Noise is sized for the fewest survivors less the colluders, so that
 * planning for many losses costs accuracy in every round: of 20 merchants who all stay, two colluding, 16 planned survivors
 * leave 1.4 times the variance that the contract claims, 12 leave twice as much.
 */
const PLANNED_LOSSES = 0.2;

/** What a person may fix about a roster; the rest is derived. */
export interface RosterWishes {
  /** c: colluding merchants tolerated. @default 1 below 8 merchants, 2 from 8 on */
  readonly colluders?: number | undefined;
  /** U_min: fewest survivors whose sum is opened. @default all but a fifth, or but one of few; T where that is more */
  readonly minimumSurvivors?: number | undefined;
}

/**
 * Roster rules for `merchants` merchants.
 * @param merchants n, all of whom are expected to take part
 * @throws GuildhallError ROSTER_IMPOSSIBLE when no sum of so few merchants hides one of them
 */
export function rosterFor(merchants: number, wishes: RosterWishes = {}): RosterTerms {
  const colluders = wishes.colluders ?? (merchants < 8 ? 1 : 2);
  const staying = merchants - Math.max(1, Math.floor(PLANNED_LOSSES * merchants));
  const wished = wishes.minimumSurvivors ?? staying;
  const { agreement, minimumSurvivors } = quorums({ merchants, colluders, minimumSurvivors: wished });
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

import { GuildhallError } from '../../errors/index.js';
import type { RosterTerms } from '../../proto/index.js';

/** Fewest merchants among whom a sum hides anyone (SECAGG.md, "Parameters"). */
export const FEWEST_MERCHANTS = 4;

/** What a person may fix about a roster; the rest is derived. */
export interface RosterWishes {
  /** c: colluding merchants tolerated. @default 1 below 8 merchants, 2 from 8 on */
  readonly colluders?: number | undefined;
  /** U_min: fewest survivors whose sum is opened. @default the agreement threshold T */
  readonly minimumSurvivors?: number | undefined;
}

/** T = ⌊(n + c)/2⌋ + 1: two different views cannot both reach it (SECAGG.md, "Parameters"). */
export function agreementThreshold(merchants: number, colluders: number): number {
  return Math.floor((merchants + colluders) / 2) + 1;
}

/**
 * Roster rules for `merchants` merchants that lose as many of them as the agreement threshold allows.
 * @param merchants n, all of whom are expected to take part
 * @throws GuildhallError ROSTER_IMPOSSIBLE when no sum of so few merchants hides one of them
 */
export function rosterFor(merchants: number, wishes: RosterWishes = {}): RosterTerms {
  const colluders = wishes.colluders ?? (merchants < 8 ? 1 : 2);
  const threshold = agreementThreshold(merchants, colluders);
  const survivors = wishes.minimumSurvivors ?? threshold;
  const refuse = (why: string): GuildhallError => new GuildhallError('ROSTER_IMPOSSIBLE', why);
  if (merchants < FEWEST_MERCHANTS) {
    throw refuse(`${merchants} merchants are too few: at least ${FEWEST_MERCHANTS} are needed.`);
  }
  if (threshold > merchants) {
    throw refuse(`${merchants} merchants cannot agree if ${colluders} of them collude: ${threshold} would have to sign.`);
  }
  if (survivors > merchants) {
    throw refuse(`${survivors} survivors are more than the ${merchants} merchants that there are.`);
  }
  if (Math.max(survivors, threshold) - colluders < 2) {
    throw refuse(`A sum of ${survivors} survivors with ${colluders} colluders would leave one honest merchant alone.`);
  }
  return {
    minimumMerchants: Math.max(FEWEST_MERCHANTS, survivors, threshold),
    colluders,
    minimumSurvivors: Math.max(survivors, threshold),
    maximumMerchants: merchants,
  };
}

/** How many merchants a round of all of them can lose after they advertised. */
export function lossesSurvived(merchants: number, { minimumSurvivors }: RosterTerms): number {
  return merchants - minimumSurvivors;
}

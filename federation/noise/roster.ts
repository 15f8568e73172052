import { quorums } from '../../crypto/index.js';
import type { RosterNoise } from '../../privacy/index.js';
import type { RoundTerms } from '../contract/terms.js';

/**
 * Whom the noise of a round must outlast, once its roster is known: no client unmasks for fewer than max(the contract's
 * U_min, T).
 * @param merchants n = |U1|
 */
export function rosterNoise({ roster }: Pick<RoundTerms, 'roster'>, merchants: number): RosterNoise {
  const { colluders } = roster;
  const { minimumSurvivors } = quorums({ merchants, colluders, minimumSurvivors: roster.minimumSurvivors });
  return { merchants, colluders, minimumSurvivors };
}

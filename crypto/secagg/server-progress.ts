import type { NeighbourGraph } from './graph.js';
import { refuse } from './refusal.js';
import type { MembersList, RosterView } from './roster.js';
import { requireNeighbours } from './server-checks.js';
import type { SharersView, SurvivorsView } from './server-checks.js';
import type { ServerStep } from './server-steps.js';

/** What the closed steps of a round have left behind. */
export interface Progress {
  view?: RosterView;
  /** Whose coins are open; on the complete graph nobody is asked for one. */
  opened?: ReadonlySet<string>;
  graph?: NeighbourGraph;
  sharers?: SharersView;
  survivors?: SurvivorsView;
}

/** What an earlier step has left behind. @throws GuildhallError SECAGG_STEP_UNEXPECTED if it has not been closed */
export function known<T>(value: T | undefined): T {
  return value ?? refuse('SECAGG_STEP_UNEXPECTED', 'an earlier step of the round has not been closed');
}

/**
 * Ends the round where too few are left after R1 or R2: of all, or beside somebody.
 *
 * @param owners U2
 * @param left U2, then U3
 * @throws GuildhallError the given code, SECAGG_NEIGHBOURS_TOO_FEW
 */
export function requireEnough(
  progress: Progress,
  owners: ReadonlySet<string>,
  left: ReadonlySet<string>,
  code: 'SECAGG_SHARERS_TOO_FEW' | 'SECAGG_SURVIVORS_TOO_FEW',
): void {
  const { minimumSurvivors, share } = known(progress.view).thresholds;
  if (left.size < minimumSurvivors) {
    refuse(code, `${left.size} merchants are left; at least ${minimumSurvivors} are needed`);
  }
  requireNeighbours(known(progress.graph), share, owners, left);
}

/** Names of merchants. */
interface Names {
  has(merchant: string): boolean;
  keys(): Iterable<string>;
}

/** Everyone from whom a message may come at a step whose predecessors are closed. */
export function admitted(step: ServerStep, members: MembersList, progress: Progress): Names {
  switch (step) {
    case 'advertise':
      return members;
    case 'open':
      return known(progress.view).byMerchant;
    case 'share':
      return progress.opened ?? known(progress.view).byMerchant;
    case 'input':
      return known(progress.sharers).names;
    case 'agree':
    case 'unmask':
      return known(progress.survivors).names;
  }
}

/** @throws GuildhallError SECAGG_NOT_IN_ROUND unless the merchant is one of `names` */
export function requireListed(names: Names, merchant: string): void {
  if (!names.has(merchant)) {
    refuse('SECAGG_NOT_IN_ROUND', `${merchant} is not, or no longer, part of the round`, { merchant });
  }
}

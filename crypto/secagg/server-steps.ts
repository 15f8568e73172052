import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import { refuse } from './refusal.js';

/** The steps at which merchants send something, in order. */
export const SERVER_STEPS = ['advertise', 'open', 'share', 'input', 'agree', 'unmask'] as const;
/** R0 to R4; `open`, R0b, is left out on the complete graph. */
export type ServerStep = (typeof SERVER_STEPS)[number];

/** What became of a message that was not refused: both mean that it is on record. */
export type Acceptance = 'accepted' | 'repeat';

/** How a step ended: with what the merchants get next, or with the code that the round is aborted with. */
export type Closing<T> =
  | { readonly outcome: 'closed'; readonly value: T }
  | { readonly outcome: 'aborted'; readonly code: ErrorCode; readonly reason: string };

/** How a round stands once no step is open. */
export type RoundEnd = 'finished' | 'aborted';

/**
 * @param open the step that is open, or how the round ended
 * @throws GuildhallError SECAGG_STEP_CLOSED if `step` is over, SECAGG_STEP_UNEXPECTED if it has not begun
 */
export function requireOpen(step: ServerStep, open: ServerStep | RoundEnd): void {
  if (step === open) return;
  const ended = open === 'finished' || open === 'aborted';
  if (ended || SERVER_STEPS.indexOf(step) < SERVER_STEPS.indexOf(open)) {
    refuse('SECAGG_STEP_CLOSED', `the step "${step}" is over; the round is at "${open}"`);
  }
  refuse('SECAGG_STEP_UNEXPECTED', `the step "${step}" has not begun; the round is at "${open}"`);
}

/** The end of a step that was refused. @throws error, if it is no refusal */
export function abortedBy(error: unknown): Extract<Closing<never>, { outcome: 'aborted' }> {
  if (!(error instanceof GuildhallError)) throw error;
  return { outcome: 'aborted', code: error.code, reason: error.message };
}

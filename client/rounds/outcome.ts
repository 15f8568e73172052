import { errorCodeOf } from '../../errors/index.js';
import type { ErrorCode, GuildhallError } from '../../errors/index.js';
import type { RoundName } from '../ledger/ledger.js';

/** How a round ended for this client. */
export type RoundOutcome =
  /** Every step was done. */
  | { readonly kind: 'done' }
  /** Taken part in before, perhaps before a crash: left again, and the coordinator told so. */
  | { readonly kind: 'known' }
  /** This client refused, and told the coordinator the code. */
  | { readonly kind: 'declined'; readonly code: ErrorCode; readonly sentence: string }
  /** The round went on without this client: it ended, its deadline passed, or the coordinator said no. */
  | { readonly kind: 'left'; readonly code: ErrorCode; readonly sentence: string };

/** A round and how it ended; the name is empty where the contract did not even open. */
export interface Participation {
  readonly name: RoundName;
  readonly outcome: RoundOutcome;
}

/** A failure on the coordinator's side of the wire, as told apart from this client's own refusals. */
export class LeftRound extends Error {
  override readonly name = 'LeftRound';
  readonly failure: GuildhallError;

  constructor(failure: GuildhallError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}

/** What may be told of a refusal: codes that follow from contracts, rosters, policies and the ledger alone. */
const TELLABLE =
  /^(POLICY_|CONTRACT_|MODEL_|BUDGET_|SECAGG_|SIGNATURE_|RECEIPT_|NOISE_|RING_|ROUND_|MEMBERS?_|CLIENT_STOPPED)/;

/** The code that leaves: a failure of this machine or of the shop's data goes out under one name for all of them. */
export function tellableCode(code: ErrorCode): ErrorCode {
  return TELLABLE.test(code) ? code : 'TRAINING_FAILED';
}

/** The outcome that a thrown value means. */
export function outcomeOf(error: unknown): Exclude<RoundOutcome, { kind: 'done' | 'known' }> {
  if (error instanceof LeftRound) return { kind: 'left', code: error.failure.code, sentence: error.failure.message };
  const sentence = error instanceof Error ? error.message : String(error);
  return { kind: 'declined', code: errorCodeOf(error), sentence };
}

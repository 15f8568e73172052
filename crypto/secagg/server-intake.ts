import type { Envelope } from '../dsse.js';
import { DealtShares } from './dealt-shares.js';
import type { NeighbourGraph } from './graph.js';
import { ADVERTISEMENT, AGREEMENT, MASKED_INPUT, OPENING, SHARING, UNMASKING, openMessage } from './messages.js';
import type { VerifiedEnvelopes } from './messages.js';
import { refuse } from './refusal.js';
import { memberKey } from './roster.js';
import type { MembersList, RosterView } from './roster.js';
import {
  checkAdvertising,
  checkAgreement,
  checkInput,
  checkOpening,
  checkSharing,
  checkUnmasking,
  requireNeighbours,
} from './server-checks.js';
import type { Fault, SharersView, SurvivorsView } from './server-checks.js';
import type { ServerStep } from './server-steps.js';
import { StepRecord, forwarded } from './step-record.js';
import type { SecAggTerms } from './terms.js';
import { RevealedShares } from './unmasking.js';

/** What the closed steps of a round have left behind. */
export interface Progress {
  view?: RosterView;
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
  owners: readonly string[],
  left: readonly string[],
  code: 'SECAGG_SHARERS_TOO_FEW' | 'SECAGG_SURVIVORS_TOO_FEW',
): void {
  const { minimumSurvivors, share } = known(progress.view).thresholds;
  if (left.length < minimumSurvivors) {
    refuse(code, `${left.length} merchants are left; at least ${minimumSurvivors} are needed`);
  }
  requireNeighbours(known(progress.graph), share, owners, left);
}

/** What merchants have sent in one round: each message is checked by the rules of its step, and then recorded. */
export class Intake {
  readonly records = {
    advertise: new StepRecord(ADVERTISEMENT, forwarded),
    open: new StepRecord(OPENING, ({ merchant, coin }) => ({ merchant, coin })),
    share: new StepRecord(SHARING, (message) => new DealtShares(message)),
    input: new StepRecord(MASKED_INPUT, forwarded),
    agree: new StepRecord(AGREEMENT, forwarded),
    unmask: new StepRecord(UNMASKING, ({ merchant, attachment }) => ({ merchant, attachment })),
  };
  /** A message is checked before it is stored and again when it is recorded; its signature is computed once. */
  readonly verified: VerifiedEnvelopes = new WeakSet();
  readonly shares = new RevealedShares();
  readonly faults: Fault[] = [];
  readonly #terms: SecAggTerms;
  readonly #members: MembersList;
  /** Every key advertised so far, as text. */
  readonly #keys = new Set<string>();

  constructor(terms: SecAggTerms, members: MembersList) {
    this.#terms = terms;
    this.#members = members;
  }

  /**
   * Every check of one message of a merchant that may send it now.
   *
   * @returns what records it
   * @throws GuildhallError SECAGG_SENDER_MISMATCH, SIGNATURE_INVALID, SECAGG_MESSAGE_MALFORMED and the codes of the step's
   * own check in server-checks.ts
   */
  check(step: ServerStep, merchant: string, envelope: Envelope, progress: Progress): () => void {
    const identityKey = memberKey(this.#members, merchant);
    const keyOf = (sender: string): Uint8Array => {
      if (sender === merchant) return identityKey;
      return refuse('SECAGG_SENDER_MISMATCH', `a message of ${sender} came under the certificate of ${merchant}`);
    };
    const { advertise, open, share, input, agree, unmask } = this.records;
    switch (step) {
      case 'advertise': {
        const message = openMessage(envelope, advertise.kind, keyOf, this.verified);
        const keys = checkAdvertising(message, { terms: this.#terms, members: this.#members, taken: this.#keys });
        return () => {
          advertise.add(envelope, message);
          for (const key of keys) this.#keys.add(key);
        };
      }
      case 'open': {
        const message = openMessage(envelope, open.kind, keyOf, this.verified);
        checkOpening(message, known(progress.view));
        return () => open.add(envelope, message);
      }
      case 'share': {
        const message = openMessage(envelope, share.kind, keyOf, this.verified);
        checkSharing(message, known(progress.view), known(progress.graph));
        return () => share.add(envelope, message);
      }
      case 'input': {
        const message = openMessage(envelope, input.kind, keyOf, this.verified);
        checkInput(message, { terms: this.#terms, view: known(progress.view), sharers: known(progress.sharers) });
        return () => input.add(envelope, message);
      }
      case 'agree': {
        const message = openMessage(envelope, agree.kind, keyOf, this.verified);
        checkAgreement(message, known(progress.view), known(progress.survivors));
        return () => agree.add(envelope, message);
      }
      case 'unmask': {
        const message = openMessage(envelope, unmask.kind, keyOf, this.verified);
        const graph = known(progress.graph);
        const { valid, faults } = checkUnmasking(message, {
          view: known(progress.view),
          graph,
          sharers: known(progress.sharers),
          survivors: known(progress.survivors),
          published: (owner, kind) => {
            const rank = graph.rankOf(owner, merchant);
            return rank === undefined ? undefined : share.get(owner)?.hashAt(rank, kind);
          },
        });
        return () => {
          unmask.add(envelope, message);
          for (const share of valid) this.shares.add(share);
          this.faults.push(...faults);
        };
      }
    }
  }
}

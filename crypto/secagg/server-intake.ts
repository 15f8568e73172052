import type { Unmasking } from '../../proto/index.js';
import type { Envelope } from '../dsse.js';
import { DEALT_SHARES } from './dealt-shares.js';
import { ADVERTISEMENT, AGREEMENT, MASKED_INPUT, OPENING, UNMASKING, openMessage } from './messages.js';
import type { MessageReader, VerifiedEnvelopes } from './messages.js';
import { refuse } from './refusal.js';
import { memberKey } from './roster.js';
import type { MembersList } from './roster.js';
import {
  checkAdvertising,
  checkAgreement,
  checkInput,
  checkOpening,
  checkSharing,
  checkUnmasking,
} from './server-checks.js';
import type { Fault } from './server-checks.js';
import { known } from './server-progress.js';
import type { Progress } from './server-progress.js';
import type { ServerStep } from './server-steps.js';
import { StepRecord, forwarded } from './step-record.js';
import type { SecAggTerms } from './terms.js';
import { RevealedShares } from './unmasking.js';

/** What merchants have sent in one round: each message is checked by the rules of its step, and then recorded. */
export class Intake {
  readonly records = {
    advertise: new StepRecord(ADVERTISEMENT, forwarded),
    open: new StepRecord(OPENING, ({ merchant, coin }) => ({ merchant, coin })),
    share: new StepRecord(DEALT_SHARES, ({ merchant, selfMaskCommitment, dealt }) => ({
      merchant,
      selfMaskCommitment,
      dealt,
    })),
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
    const read = <T extends { readonly merchant: string }>(kind: MessageReader<T>): T =>
      openMessage(envelope, kind, keyOf, this.verified);
    switch (step) {
      case 'advertise': {
        const message = read(advertise.kind);
        const keys = checkAdvertising(message, { terms: this.#terms, members: this.#members, taken: this.#keys });
        return () => {
          advertise.add(envelope, message);
          for (const key of keys) this.#keys.add(key);
        };
      }
      case 'open': {
        const message = read(open.kind);
        checkOpening(message, known(progress.view));
        return () => open.add(envelope, message);
      }
      case 'share': {
        const message = read(share.kind);
        checkSharing(message, known(progress.view), known(progress.graph));
        return () => share.add(envelope, message);
      }
      case 'input': {
        const message = read(input.kind);
        checkInput(message, { terms: this.#terms, view: known(progress.view), sharers: known(progress.sharers) });
        return () => input.add(envelope, message);
      }
      case 'agree': {
        const message = read(agree.kind);
        checkAgreement(message, known(progress.view), known(progress.survivors));
        return () => agree.add(envelope, message);
      }
      case 'unmask': {
        const message = read(unmask.kind);
        const { valid, faults } = this.#checkShares(message, progress);
        return () => {
          unmask.add(envelope, message);
          for (const share of valid) this.shares.add(share);
          this.faults.push(...faults);
        };
      }
    }
  }

  #checkShares(message: Unmasking, progress: Progress): ReturnType<typeof checkUnmasking> {
    const graph = known(progress.graph);
    return checkUnmasking(message, {
      view: known(progress.view),
      graph,
      sharers: known(progress.sharers),
      survivors: known(progress.survivors),
      published: (owner, kind) => {
        const rank = graph.rankOf(owner, message.merchant);
        return rank === undefined ? undefined : this.records.share.get(owner)?.dealt.hashAt(rank, kind);
      },
    });
  }
}

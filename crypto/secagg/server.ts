import type { Agreements, Coins, DeliveredShare, Delivery, Roster, Survivors } from '../../proto/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { Envelope } from '../dsse.js';
import { readCoins } from './coins.js';
import { NeighbourGraph } from './graph.js';
import { ADVERTISEMENT, AGREEMENT, MASKED_INPUT, OPENING, SHARING, UNMASKING, openMessage } from './messages.js';
import type { VerifiedEnvelopes } from './messages.js';
import { refuse } from './refusal.js';
import { thresholds } from './parameters.js';
import type { ThresholdRule } from './parameters.js';
import { memberKey, readRoster } from './roster.js';
import type { MembersList, RosterView } from './roster.js';
import {
  checkAdvertising,
  checkAgreement,
  checkInput,
  checkOpening,
  checkSharing,
  checkUnmasking,
  requireNeighbours,
  shareFor,
} from './server-checks.js';
import type { Fault, SharersView, SurvivorsView, ValidShare } from './server-checks.js';
import { SERVER_STEPS, requireListed, requireOpen } from './server-steps.js';
import type { Acceptance, Closing, RoundEnd, ServerStep } from './server-steps.js';
import { StepRecord } from './step-record.js';
import { checkTerms } from './terms.js';
import type { SecAggTerms } from './terms.js';
import { inputsHash, sharersHash, survivorsHash } from './transcript.js';
import { planUnmasking } from './unmasking.js';
import type { UnmaskingPlan } from './unmasking.js';

/** What the coordinator brings to a round. */
export interface ServerOptions {
  readonly terms: SecAggTerms;
  /** Every merchant that may come, with the identity key it is registered with. */
  readonly members: MembersList;
  /** @default thresholds; the clients follow their own */
  readonly thresholdRule?: ThresholdRule;
}

/**
 * The coordinator's side of one round, sans-IO: a record of accepted messages and what follows from them.
 *
 * Nothing here depends on the order in which messages of one step arrive, on coins or on a clock. After a restart the
 * caller creates it anew, accepts the stored messages again and closes the steps that were closed, and it is where it
 * was. Deadlines and quorums beyond the protocol's are the caller's; so are the vectors, which never come here.
 */
export class SecAggServer {
  readonly #terms: SecAggTerms;
  readonly #members: MembersList;
  readonly #thresholdRule: ThresholdRule;
  readonly #records = {
    advertise: new StepRecord(ADVERTISEMENT),
    open: new StepRecord(OPENING),
    share: new StepRecord(SHARING),
    input: new StepRecord(MASKED_INPUT),
    agree: new StepRecord(AGREEMENT),
    unmask: new StepRecord(UNMASKING),
  };
  /** Every key advertised so far, as text. */
  readonly #keys = new Set<string>();
  readonly #declined = new Set<string>();
  /** A message is checked before it is stored and again when it is recorded; its signature is computed once. */
  readonly #verified: VerifiedEnvelopes = new WeakSet();
  readonly #validShares: ValidShare[] = [];
  readonly #faults: Fault[] = [];
  #step: ServerStep | RoundEnd = 'advertise';
  #view: RosterView | undefined;
  #graph: NeighbourGraph | undefined;
  #sharers: SharersView | undefined;
  #survivors: SurvivorsView | undefined;
  #roster: Closing<Roster> | undefined;
  #coins: Closing<Coins> | undefined;
  #u2: Closing<readonly string[]> | undefined;
  #u3: Closing<Survivors> | undefined;
  #agreements: Closing<Agreements> | undefined;
  #plan: Closing<UnmaskingPlan> | undefined;

  private constructor({ terms, members, thresholdRule = thresholds }: ServerOptions) {
    this.#terms = terms;
    this.#members = members;
    this.#thresholdRule = thresholdRule;
  }

  /** @throws GuildhallError SECAGG_TERMS_INVALID */
  static create(options: ServerOptions): SecAggServer {
    checkTerms(options.terms);
    return new SecAggServer(options);
  }

  /** The step that is open, or how the round ended. */
  get step(): ServerStep | RoundEnd {
    return this.#step;
  }

  /** Merchants that sent a share which does not open its hash; each was left out. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** What merchants attached to R4, by name in merchant order; who attached nothing is left out. */
  get attachments(): ReadonlyMap<string, Uint8Array> {
    const attached = this.#records.unmask.inOrder().filter(({ message }) => message.attachment.length > 0);
    return new Map(attached.map(({ message }) => [message.merchant, message.attachment]));
  }

  /** U2 in merchant order, once sharing is closed. */
  get sharers(): readonly string[] {
    return this.#sharers?.names ?? [];
  }

  /** U3 in merchant order, once collecting is closed: whose vectors are summed. */
  get survivors(): readonly string[] {
    return this.#survivors?.names ?? [];
  }

  /**
   * Checks a merchant's message as {@link SecAggServer.accept} does, and records nothing: for turning an upload away
   * before its vector is read.
   *
   * @throws GuildhallError as {@link SecAggServer.accept}
   */
  validate(step: ServerStep, merchant: string, envelope: Envelope): Acceptance {
    return this.#check(step, merchant, envelope) === 'repeat' ? 'repeat' : 'accepted';
  }

  /**
   * Checks a merchant's message and records it. To be called after the message, and for R2 the vector, has been stored.
   *
   * @param merchant the name in the certificate that the message came under
   * @throws GuildhallError SECAGG_SECOND_UPLOAD, SECAGG_STEP_UNEXPECTED (early), SECAGG_STEP_CLOSED (late),
   * SECAGG_NOT_A_MEMBER, SECAGG_NOT_IN_ROUND, SECAGG_SENDER_MISMATCH, SIGNATURE_INVALID, SECAGG_MESSAGE_MALFORMED and
   * the codes of the step's own check in server-checks.ts
   */
  accept(step: ServerStep, merchant: string, envelope: Envelope): Acceptance {
    const record = this.#check(step, merchant, envelope);
    if (record === 'repeat') return 'repeat';
    record();
    return 'accepted';
  }

  /** Notes that a merchant has declined or left: no step waits for it any more. */
  decline(merchant: string): void {
    this.#declined.add(merchant);
  }

  /** Whether everyone who is still expected at the open step has been heard; false for any other step. */
  readyToClose(step: ServerStep): boolean {
    if (step !== this.#step) return false;
    return this.#expected(step).every((merchant) => this.#records[step].has(merchant) || this.#declined.has(merchant));
  }

  /** Ends R0: the roster, for everyone in it. On the complete graph R0b is left out. Again: the same. */
  closeAdvertising(): Closing<Roster> {
    return (this.#roster ??= this.#close('advertise', () => {
      const advertisements = this.#records.advertise.inOrder().map(({ envelope }) => envelope);
      this.#view = readRoster(advertisements, {
        terms: this.#terms,
        members: this.#members,
        verified: this.#verified,
        thresholdRule: this.#thresholdRule,
      });
      if (this.#view.thresholds.edgeProbability === 1) this.#graph = NeighbourGraph.complete(this.#view);
      return { advertisements };
    }));
  }

  /** Ends R0b: the opened coins, for everyone who opened; who did not is out. Again: the same. */
  closeOpening(): Closing<Coins> {
    return (this.#coins ??= this.#close('open', () => {
      const coins = this.#records.open.inOrder().map(({ message: { merchant, coin } }) => ({ merchant, coin }));
      const view = known(this.#view);
      this.#graph = NeighbourGraph.sparse(view, readCoins({ coins }, view));
      return { coins };
    }));
  }

  /** Ends R1: U2; each of its members then gets its {@link SecAggServer.delivery}. Again: the same. */
  closeSharing(): Closing<readonly string[]> {
    return (this.#u2 ??= this.#close('share', () => {
      const names = this.#records.share.inOrder().map(({ message }) => message.merchant);
      this.#requireEnough(names.length, 'SECAGG_SHARERS_TOO_FEW');
      requireNeighbours(known(this.#graph), known(this.#view).thresholds.share, names, names);
      this.#sharers = { names, hash: sharersHash(known(this.#view).transcript, names) };
      return names;
    }));
  }

  /**
   * What a member of U2 gets: U2, and the boxes that its neighbours dealt it.
   *
   * @throws GuildhallError SECAGG_STEP_UNEXPECTED before sharing is closed, SECAGG_NOT_IN_ROUND
   */
  delivery(merchant: string): Delivery {
    const { names } = known(this.#sharers);
    requireListed(names, merchant);
    const graph = known(this.#graph);
    const shares: DeliveredShare[] = [];
    for (const { merchant: sender } of graph.neighbours(merchant)) {
      const sealed = shareFor(graph, this.#records.share.get(sender), merchant);
      if (sealed === undefined) continue;
      const { selfMaskShareHash, maskKeyShareHash, box } = sealed;
      shares.push({ sender, selfMaskShareHash, maskKeyShareHash, box });
    }
    return { sharers: [...names], shares };
  }

  /** Ends R2: U3 with its envelopes. Vectors that are not of U3 are never to be summed. Again: the same. */
  closeCollecting(): Closing<Survivors> {
    return (this.#u3 ??= this.#close('input', () => {
      const { transcript } = known(this.#view);
      const accepted = this.#records.input.inOrder();
      const names = accepted.map(({ message }) => message.merchant);
      this.#requireEnough(names.length, 'SECAGG_SURVIVORS_TOO_FEW');
      requireNeighbours(known(this.#graph), known(this.#view).thresholds.share, this.sharers, names);
      const inputs = accepted.map(({ envelope }) => envelope);
      this.#survivors = {
        names,
        sharersHash: known(this.#sharers).hash,
        survivorsHash: survivorsHash(transcript, names),
        inputsHash: inputsHash(
          transcript,
          inputs.map(({ payload }) => payload),
        ),
      };
      return { inputs };
    }));
  }

  /** Ends R3: every signature on the one view, at least T. Again: the same. */
  closeAgreeing(): Closing<Agreements> {
    return (this.#agreements ??= this.#close('agree', () => {
      const agreements = this.#records.agree.inOrder().map(({ envelope }) => envelope);
      const { agreement } = known(this.#view).thresholds;
      if (agreements.length < agreement) {
        refuse('SECAGG_QUORUM_MISSED', `${agreements.length} merchants agreed; at least ${agreement} are needed`);
      }
      return { agreements };
    }));
  }

  /** Ends R4: what to take out of the sum of U3's vectors. Again: the same object, erased or not. */
  closeUnmasking(): Closing<UnmaskingPlan> {
    return (this.#plan ??= this.#close('unmask', () => {
      const commitments = new Map(
        this.#records.share.inOrder().map(({ message }) => [message.merchant, message.selfMaskCommitment]),
      );
      return planUnmasking({
        view: known(this.#view),
        graph: known(this.#graph),
        sharers: known(this.#sharers),
        survivors: known(this.#survivors),
        commitments,
        shares: this.#validShares,
      });
    }));
  }

  #close<T>(step: ServerStep, result: () => T): Closing<T> {
    requireOpen(step, this.#step);
    try {
      const value = result();
      const next = SERVER_STEPS[SERVER_STEPS.indexOf(step) + 1] ?? 'finished';
      this.#step = next === 'open' && this.#graph !== undefined ? 'share' : next;
      return { outcome: 'closed', value };
    } catch (error) {
      if (!(error instanceof GuildhallError)) throw error;
      this.#step = 'aborted';
      return { outcome: 'aborted', code: error.code, reason: error.message };
    }
  }

  #requireEnough(count: number, code: 'SECAGG_SHARERS_TOO_FEW' | 'SECAGG_SURVIVORS_TOO_FEW'): void {
    const { minimumSurvivors } = known(this.#view).thresholds;
    if (count < minimumSurvivors) refuse(code, `${count} merchants are left; at least ${minimumSurvivors} are needed`);
  }

  /** U1. */
  get #names(): readonly string[] {
    return known(this.#view).entries.map(({ merchant }) => merchant);
  }

  /** Everyone from whom a message may come at a step whose predecessors are closed. */
  #admitted(step: ServerStep): readonly string[] {
    switch (step) {
      case 'advertise':
        return [...this.#members.keys()];
      case 'open':
        return this.#names;
      case 'share': {
        const opened = this.#records.open;
        return this.#coins === undefined ? this.#names : this.#names.filter((merchant) => opened.has(merchant));
      }
      case 'input':
        return known(this.#sharers).names;
      case 'agree':
      case 'unmask':
        return known(this.#survivors).names;
    }
  }

  /** Of those admitted, the ones worth waiting for: who has not signed R3 is not going to unmask. */
  #expected(step: ServerStep): readonly string[] {
    const admitted = this.#admitted(step);
    return step === 'unmask' ? admitted.filter((merchant) => this.#records.agree.has(merchant)) : admitted;
  }

  /** Every check of one message; gives what records it. */
  #check(step: ServerStep, merchant: string, envelope: Envelope): 'repeat' | (() => void) {
    if (this.#records[step].isRepeat(merchant, envelope)) return 'repeat';
    requireOpen(step, this.#step);
    const identityKey = memberKey(this.#members, merchant);
    requireListed(this.#admitted(step), merchant);
    const keyOf = (sender: string): Uint8Array => {
      if (sender === merchant) return identityKey;
      return refuse('SECAGG_SENDER_MISMATCH', `a message of ${sender} came under the certificate of ${merchant}`);
    };
    const { advertise, open, share, input, agree, unmask } = this.#records;
    switch (step) {
      case 'advertise': {
        const message = openMessage(envelope, advertise.kind, keyOf, this.#verified);
        const keys = checkAdvertising(message, { terms: this.#terms, members: this.#members, taken: this.#keys });
        return () => {
          advertise.add(envelope, message);
          for (const key of keys) this.#keys.add(key);
        };
      }
      case 'open': {
        const message = openMessage(envelope, open.kind, keyOf, this.#verified);
        checkOpening(message, known(this.#view));
        return () => open.add(envelope, message);
      }
      case 'share': {
        const message = openMessage(envelope, share.kind, keyOf, this.#verified);
        checkSharing(message, known(this.#view), known(this.#graph));
        return () => share.add(envelope, message);
      }
      case 'input': {
        const message = openMessage(envelope, input.kind, keyOf, this.#verified);
        checkInput(message, { terms: this.#terms, view: known(this.#view), sharers: known(this.#sharers) });
        return () => input.add(envelope, message);
      }
      case 'agree': {
        const message = openMessage(envelope, agree.kind, keyOf, this.#verified);
        checkAgreement(message, known(this.#view), known(this.#survivors));
        return () => agree.add(envelope, message);
      }
      case 'unmask': {
        const message = openMessage(envelope, unmask.kind, keyOf, this.#verified);
        const { valid, faults } = checkUnmasking(message, {
          view: known(this.#view),
          graph: known(this.#graph),
          sharers: known(this.#sharers),
          survivors: known(this.#survivors),
          publishedHash: ({ owner, holder, kind }) => {
            const dealt = shareFor(known(this.#graph), share.get(owner), holder);
            return kind === 'self-mask' ? dealt?.selfMaskShareHash : dealt?.maskKeyShareHash;
          },
        });
        return () => {
          unmask.add(envelope, message);
          this.#validShares.push(...valid);
          this.#faults.push(...faults);
        };
      }
    }
  }
}

/** What an earlier step has left behind. */
function known<T>(value: T | undefined): T {
  return value ?? refuse('SECAGG_STEP_UNEXPECTED', 'an earlier step of the round has not been closed');
}

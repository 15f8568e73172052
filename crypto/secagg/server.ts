import type { Agreements, Coins, DeliveredShare, Delivery, Roster, Survivors } from '../../proto/index.js';
import type { Envelope } from '../dsse.js';
import { finish } from '../turns.js';
import type { WorkInTurns } from '../turns.js';
import { readCoins } from './coins.js';
import { NeighbourGraph } from './graph.js';
import { thresholds } from './parameters.js';
import type { ThresholdRule } from './parameters.js';
import { refuse } from './refusal.js';
import { memberKey, readRoster } from './roster.js';
import type { MembersList } from './roster.js';
import type { Fault } from './server-checks.js';
import { Intake } from './server-intake.js';
import { admitted, known, requireEnough, requireListed } from './server-progress.js';
import type { Progress } from './server-progress.js';
import { SERVER_STEPS, abortedBy, requireOpen } from './server-steps.js';
import type { Acceptance, Closing, RoundEnd, ServerStep } from './server-steps.js';
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
  readonly #intake: Intake;
  readonly #progress: Progress = {};
  readonly #declined = new Set<string>();
  #step: ServerStep | RoundEnd = 'advertise';
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
    this.#intake = new Intake(terms, members);
  }

  /** @throws GuildhallError SECAGG_TERMS_INVALID */
  static create(options: ServerOptions): SecAggServer {
    checkTerms(options.terms);
    return new SecAggServer(options);
  }

  get #records(): Intake['records'] {
    return this.#intake.records;
  }

  /** The step that is open, or how the round ended. */
  get step(): ServerStep | RoundEnd {
    return this.#step;
  }

  /** Merchants that sent a share which does not open its hash; each was left out. */
  get faults(): readonly Fault[] {
    return this.#intake.faults;
  }

  /** What merchants attached to R4, by name in merchant order; who attached nothing is left out. */
  get attachments(): ReadonlyMap<string, Uint8Array> {
    const attached = this.#records.unmask.inOrder().filter(({ attachment }) => attachment.length > 0);
    return new Map(attached.map(({ merchant, attachment }) => [merchant, attachment]));
  }

  /** U2 in merchant order, once sharing is closed. */
  get sharers(): readonly string[] {
    return [...(this.#progress.sharers?.names ?? [])];
  }

  /** U3 in merchant order, once collecting is closed: whose vectors are summed. */
  get survivors(): readonly string[] {
    return [...(this.#progress.survivors?.names ?? [])];
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
    for (const merchant of admitted(step, this.#members, this.#progress).keys()) {
      // Who has not signed R3 is not going to unmask.
      const isExpected = !this.#declined.has(merchant) && (step !== 'unmask' || this.#records.agree.has(merchant));
      if (isExpected && !this.#records[step].has(merchant)) return false;
    }
    return true;
  }

  /** Ends R0: the roster, for everyone in it. On the complete graph R0b is left out. Again: the same. */
  closeAdvertising(): Closing<Roster> {
    return (this.#roster ??= this.#close('advertise', () => {
      const advertisements = this.#records.advertise.inOrder().map(({ envelope }) => envelope);
      this.#progress.view = readRoster(advertisements, {
        terms: this.#terms,
        members: this.#members,
        verified: this.#intake.verified,
        thresholdRule: this.#thresholdRule,
      });
      if (this.#progress.view.thresholds.edgeProbability === 1)
        this.#progress.graph = NeighbourGraph.complete(this.#progress.view);
      return { advertisements };
    }));
  }

  /** Ends R0b: the opened coins, for everyone who opened; who did not is out. Again: the same. */
  closeOpening(): Closing<Coins> {
    return (this.#coins ??= this.#close('open', () => {
      const message = { coins: [...this.#records.open.inOrder()] };
      const view = known(this.#progress.view);
      const coins = readCoins(message, view);
      this.#progress.opened = new Set(coins.keys());
      this.#progress.graph = NeighbourGraph.sparse(view, coins);
      return message;
    }));
  }

  /** Ends R1: U2; each of its members then gets its {@link SecAggServer.delivery}. Again: the same. */
  closeSharing(): Closing<readonly string[]> {
    return (this.#u2 ??= this.#close('share', () => {
      const sharers = this.#records.share.inOrder().map(({ merchant }) => merchant);
      const names = new Set(sharers);
      requireEnough(this.#progress, names, names, 'SECAGG_SHARERS_TOO_FEW');
      this.#progress.sharers = { names, hash: sharersHash(known(this.#progress.view).transcript, sharers) };
      return sharers;
    }));
  }

  /**
   * What a member of U2 gets: U2, and the boxes that its neighbours dealt it.
   *
   * @throws GuildhallError SECAGG_STEP_UNEXPECTED before sharing is closed, SECAGG_NOT_IN_ROUND
   */
  delivery(merchant: string): Delivery {
    const { names } = known(this.#progress.sharers);
    requireListed(names, merchant);
    const graph = known(this.#progress.graph);
    const shares: DeliveredShare[] = [];
    for (const { merchant: sender } of graph.neighbours(merchant)) {
      const rank = graph.rankOf(sender, merchant);
      const sharing = this.#records.share.get(sender);
      if (rank !== undefined && sharing !== undefined) shares.push({ sender, ...sharing.dealt.at(rank) });
    }
    return { sharers: [...names], shares };
  }

  /** Ends R2: U3 with its envelopes. Vectors that are not of U3 are never to be summed. Again: the same. */
  closeCollecting(): Closing<Survivors> {
    return (this.#u3 ??= this.#close('input', () => {
      const { transcript } = known(this.#progress.view);
      const accepted = this.#records.input.inOrder();
      const survivors = accepted.map(({ merchant }) => merchant);
      const sharers = known(this.#progress.sharers);
      const names = new Set(survivors);
      requireEnough(this.#progress, sharers.names, names, 'SECAGG_SURVIVORS_TOO_FEW');
      const inputs = accepted.map(({ envelope }) => envelope);
      const payloads = inputs.map(({ payload }) => payload);
      this.#progress.survivors = {
        names,
        sharersHash: sharers.hash,
        survivorsHash: survivorsHash(transcript, survivors),
        inputsHash: inputsHash(transcript, payloads),
      };
      return { inputs };
    }));
  }

  /** Ends R3: every signature on the one view, at least T. Again: the same. */
  closeAgreeing(): Closing<Agreements> {
    return (this.#agreements ??= this.#close('agree', () => {
      const agreements = this.#records.agree.inOrder().map(({ envelope }) => envelope);
      const { agreement } = known(this.#progress.view).thresholds;
      if (agreements.length < agreement) {
        refuse('SECAGG_QUORUM_MISSED', `${agreements.length} merchants agreed; at least ${agreement} are needed`);
      }
      return { agreements };
    }));
  }

  /** Ends R4: what to take out of the sum of U3's vectors. Again: the same object, erased or not. */
  closeUnmasking(): Closing<UnmaskingPlan> {
    return finish(this.closingUnmasking());
  }

  /**
   * Ends R4 as {@link SecAggServer.closeUnmasking} does, with a pause after each secret. What comes from the first part on
   * is late.
   */
  *closingUnmasking(): WorkInTurns<Closing<UnmaskingPlan>> {
    if (this.#plan !== undefined) return this.#plan;
    requireOpen('unmask', this.#step);
    this.#step = 'finished';
    const dealt = this.#records.share.inOrder();
    try {
      const value = yield* planUnmasking({
        view: known(this.#progress.view),
        graph: known(this.#progress.graph),
        sharers: known(this.#progress.sharers),
        survivors: known(this.#progress.survivors),
        commitments: new Map(dealt.map(({ merchant, selfMaskCommitment }) => [merchant, selfMaskCommitment])),
        shares: this.#intake.shares,
      });
      return (this.#plan = { outcome: 'closed', value });
    } catch (error) {
      this.#plan = abortedBy(error);
      this.#step = 'aborted';
      return this.#plan;
    }
  }

  #close<T>(step: Exclude<ServerStep, 'unmask'>, result: () => T): Closing<T> {
    requireOpen(step, this.#step);
    try {
      const value = result();
      const next = SERVER_STEPS[SERVER_STEPS.indexOf(step) + 1] ?? 'finished';
      this.#step = next === 'open' && this.#progress.graph !== undefined ? 'share' : next;
      return { outcome: 'closed', value };
    } catch (error) {
      const end = abortedBy(error);
      this.#step = 'aborted';
      return end;
    }
  }

  /** Every check of one message; gives what records it. */
  #check(step: ServerStep, merchant: string, envelope: Envelope): 'repeat' | (() => void) {
    if (this.#records[step].isRepeat(merchant, envelope)) return 'repeat';
    requireOpen(step, this.#step);
    memberKey(this.#members, merchant);
    requireListed(admitted(step, this.#members, this.#progress), merchant);
    return this.#intake.check(step, merchant, envelope, this.#progress);
  }
}

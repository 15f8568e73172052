import { Agreements, Coins, Delivery, Roster, Survivors } from '../../proto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { equalBytes } from '../bytes.js';
import type { Envelope } from '../dsse.js';
import { sha256 } from '../hash.js';
import type { WorkInTurns } from '../turns.js';
import { maskInput, receiveDelivery } from './client-masking.js';
import { advertise, receiveCoins, receiveRoster } from './client-opening.js';
import type {
  AgreementOutput,
  ClientInput,
  ClientOptions,
  ClientOutput,
  ClientState,
  MaskedOutput,
  OpeningOutput,
  Session,
  SharersOutput,
  SharingOutput,
  Transition,
  UnmaskingOutput,
} from './client-state.js';
import { agree, unmask } from './client-unmasking.js';
import { ADVERTISEMENT, AGREEMENT, ATTACHMENT_BYTES, MASKED_INPUT } from './messages.js';
import { verifyAhead } from './verifying.js';

/** Where a client stands: the step it has done last, or why it does no more. */
export type ClientPhase = ClientState['phase'] | 'refused' | 'erased';

interface Refused {
  readonly phase: 'refused';
  readonly error: GuildhallError;
}

interface Erased {
  readonly phase: 'erased';
}

interface Answer {
  /** Of the message answered. */
  readonly digest: Buffer;
  readonly output: ClientOutput;
}

type CoordinatorMessage = Exclude<ClientInput, { step: 'input' }>;
/** What carries other merchants' signed messages. */
type SignedMessage = Extract<ClientInput, { step: 'roster' | 'survivors' | 'agreements' }>;
type Step = ClientInput['step'];

/** The phase in which each step is expected. */
const EXPECTED_PHASE = {
  roster: 'advertised',
  coins: 'opened',
  delivery: 'shared',
  input: 'delivered',
  survivors: 'masked',
  agreements: 'agreed',
} as const satisfies Record<Step, ClientState['phase']>;

/**
 * One merchant's side of one round, sans-IO: each message in gives one message out.
 *
 * The same message again gives the same bytes again (with the first attachment), until {@link SecAggClient.erase}.
 * Whatever is refused erases every secret, and the client stays refused with the same code. Crashes and restarts are the caller's: it stores what is sent
 * before sending it, and never starts a second client for a contract.
 */
export class SecAggClient {
  readonly #session: Session;
  readonly #answers = new Map<CoordinatorMessage['step'], Answer>();
  #state: ClientState | Refused | Erased = { phase: 'advertised' };

  private constructor(session: Session) {
    this.#session = session;
  }

  /**
   * R0 Advertise.
   *
   * @returns the client, and its first message, to be stored and sent
   * @throws GuildhallError SECAGG_TERMS_INVALID, SECAGG_COLLUDERS_BELOW_FLOOR, SECAGG_NOT_A_MEMBER,
   * SECAGG_OWN_KEY_ALTERED
   */
  static start(options: ClientOptions): { readonly client: SecAggClient; readonly advertisement: Envelope } {
    const session = advertise(options);
    return { client: new SecAggClient(session), advertisement: session.advertisement };
  }

  get phase(): ClientPhase {
    return this.#state.phase;
  }

  /**
   * Takes the next message and gives the answer to it.
   *
   * @throws GuildhallError with the code of the rule that the message breaks (the codes stand at each step's function);
   * SECAGG_SECOND_VIEW for another message than before at a step that has been answered; SECAGG_SECOND_INPUT for a
   * second vector; SECAGG_STEP_UNEXPECTED out of turn; SECAGG_ROUND_OVER after {@link SecAggClient.erase}
   * @throws RangeError on a vector of another length than the round's, or too long an attachment; the client goes on as
   * if it had not been given
   */
  receive(message: Extract<ClientInput, { step: 'roster' }>): OpeningOutput | SharingOutput;
  receive(message: Extract<ClientInput, { step: 'coins' }>): SharingOutput;
  receive(message: Extract<ClientInput, { step: 'delivery' }>): SharersOutput;
  receive(message: Extract<ClientInput, { step: 'input' }>): MaskedOutput;
  receive(message: Extract<ClientInput, { step: 'survivors' }>): AgreementOutput;
  receive(message: Extract<ClientInput, { step: 'agreements' }>): UnmaskingOutput;
  receive(message: ClientInput): ClientOutput;
  receive(message: ClientInput): ClientOutput {
    const state = this.#state;
    if (state.phase === 'refused') throw state.error;
    if (state.phase === 'erased') {
      throw new GuildhallError('SECAGG_ROUND_OVER', `the round's secrets have been erased before ${message.step}`);
    }
    const { dimension } = this.#session.terms;
    if (message.step === 'input' && message.vector.length !== dimension) {
      throw new RangeError(`the vector has ${message.vector.length} words; the round's has ${dimension}`);
    }
    if (message.step === 'agreements' && (message.attachment?.length ?? 0) > ATTACHMENT_BYTES) {
      throw new RangeError(`an attachment has at most ${ATTACHMENT_BYTES} bytes, not ${message.attachment?.length}`);
    }
    try {
      return message.step === 'input' ? this.#mask(state, message) : this.#answer(state, message);
    } catch (error) {
      this.#end(error instanceof GuildhallError ? { phase: 'refused', error } : { phase: 'erased' });
      throw error;
    }
  }

  /**
   * Verifies a message's signatures one by one, so that {@link SecAggClient.receive} of the very same object need not do
   * all of them in one go. Refuses nothing: that is for `receive`, which computes again what was not found right.
   */
  verifying(message: SignedMessage): WorkInTurns<void> {
    const { members, verified } = this.#session;
    switch (message.step) {
      case 'roster':
        return verifyAhead(message.roster.advertisements, ADVERTISEMENT, members, verified);
      case 'survivors':
        return verifyAhead(message.survivors.inputs, MASKED_INPUT, members, verified);
      case 'agreements':
        return verifyAhead(message.agreements.agreements, AGREEMENT, members, verified);
    }
  }

  /** Zeroes every secret and forgets every answer: at the contract's deadline, or when the round is given up. */
  erase(): void {
    if (this.#state.phase !== 'refused') this.#end({ phase: 'erased' });
  }

  /** The caller's own vector: once in a round, so there is no answer to repeat. */
  #mask(state: ClientState, message: Extract<ClientInput, { step: 'input' }>): ClientOutput {
    if (state.phase === 'masked' || state.phase === 'agreed' || state.phase === 'done') {
      throw new GuildhallError('SECAGG_SECOND_INPUT', 'a second vector was to be masked in one round');
    }
    return this.#advance(state, message);
  }

  #answer(state: ClientState, message: CoordinatorMessage): ClientOutput {
    const { step } = message;
    const digest = digestOf(message);
    const answered = this.#answers.get(step);
    if (answered === undefined) {
      const output = this.#advance(state, message);
      this.#answers.set(step, { digest, output });
      return output;
    }
    if (equalBytes(answered.digest, digest)) return answered.output;
    throw new GuildhallError('SECAGG_SECOND_VIEW', `another message for the step "${step}", which has been answered`);
  }

  #advance(state: ClientState, message: ClientInput): ClientOutput {
    const { state: next, output } = this.#step(state, message);
    this.#state = next;
    if (next.phase === 'done') this.#eraseSecrets(state);
    return output;
  }

  #step(state: ClientState, message: ClientInput): Transition<ClientState, ClientOutput> {
    const session = this.#session;
    if (message.step === 'roster' && state.phase === 'advertised') return receiveRoster(session, message.roster);
    if (message.step === 'coins' && state.phase === 'opened') return receiveCoins(session, state, message.coins);
    if (message.step === 'delivery' && state.phase === 'shared') {
      return receiveDelivery(session, state, message.delivery);
    }
    if (message.step === 'input' && state.phase === 'delivered') return maskInput(session, state, message.vector);
    if (message.step === 'survivors' && state.phase === 'masked') return agree(session, state, message.survivors);
    if (message.step === 'agreements' && state.phase === 'agreed') {
      return unmask(session, state, message.agreements, message.attachment);
    }
    throw new GuildhallError(
      'SECAGG_STEP_UNEXPECTED',
      `"${message.step}" came in phase "${state.phase}"; it belongs to phase "${EXPECTED_PHASE[message.step]}"`,
    );
  }

  #end(end: Refused | Erased): void {
    this.#eraseSecrets(this.#state);
    this.#answers.clear();
    this.#state = end;
  }

  #eraseSecrets(state: ClientState | Refused | Erased): void {
    this.#session.boxKey.erase();
    this.#session.maskKey.erase();
    this.#session.coin.fill(0);
    if ('selfMask' in state) state.selfMask.fill(0);
    if ('held' in state) state.held.erase();
  }
}

/** Tells messages apart; never verified against, so encoding them again does no harm. */
function digestOf(message: CoordinatorMessage): Buffer {
  switch (message.step) {
    case 'roster':
      return sha256(Roster.encode(message.roster).finish());
    case 'coins':
      return sha256(Coins.encode(message.coins).finish());
    case 'delivery':
      return sha256(Delivery.encode(message.delivery).finish());
    case 'survivors':
      return sha256(Survivors.encode(message.survivors).finish());
    case 'agreements':
      return sha256(Agreements.encode(message.agreements).finish());
  }
}

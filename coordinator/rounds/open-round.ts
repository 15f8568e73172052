import { GuildhallError } from '../../errors/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { Envelope } from '../../proto/index.js';
import type { JobSetback, MessageStep, RoundKey, RoundRecord, Store, ReceivedUpload } from '../store/index.js';
import { RoundAnswers } from './answers.js';
import { reduce } from './reducer.js';
import { STEP_OF_PHASE } from './replay.js';
import { revealsAllowed, revealsOf } from './reveals.js';
import { RoundWork } from './round-work.js';
import type { RoundParts, WorkContext } from './round-work.js';
import { Serial } from './serial.js';
import { isWaiting } from './state.js';
import type { ComputingRound, RoundEffect, RoundEvent, RoundState, WaitingRound } from './state.js';

/** What an open round works with. */
export interface RoundContext extends WorkContext {
  /** What becomes of the job when this round is aborted. */
  readonly afterAbort: (round: OpenRound) => Promise<JobSetback>;
  /** The round has come to another phase, or has ended: the store says so already. */
  readonly onChange: (round: OpenRound) => void;
  /** Storing failed or something unforeseen happened: nothing counts but what is stored, and the round is to be resumed. */
  readonly onStall: (round: OpenRound, error: unknown) => void;
}

/**
 * One open round: carries out what the reducer decides. Messages are checked, stored and only then acknowledged;
 * events go through one queue, so that no two transitions overlap.
 */
export class OpenRound {
  readonly #context: RoundContext;
  readonly #parts: RoundParts;
  readonly #work: RoundWork;
  readonly #serial = new Serial();
  /** What merchants are told of the steps that are over. */
  readonly answers: RoundAnswers;
  #state: RoundState;
  #cancelWake: (() => void) | undefined;
  #isParked = false;

  constructor(context: RoundContext, parts: RoundParts, state: RoundState) {
    this.#context = context;
    this.#parts = parts;
    this.#work = new RoundWork(context, parts);
    this.#state = state;
    this.answers = new RoundAnswers(parts.machine, () => this.#state);
  }

  get record(): RoundRecord {
    return this.#parts.record;
  }

  get terms(): RoundTerms {
    return this.#parts.terms;
  }

  get state(): RoundState {
    return this.#state;
  }

  /** The key under which uploads are spooled. */
  get key(): RoundKey {
    return this.#parts.key;
  }

  /** When the present phase ends, ms since the epoch; 0 where nobody is waited for. */
  get deadlineMs(): number {
    return isWaiting(this.#state) ? this.#state.deadlineMs : 0;
  }

  /** Carries out the effects with which a new round begins. */
  begin(effects: readonly RoundEffect[]): void {
    this.#later(() => this.#carryOut(this.#state, effects));
  }

  /** Goes on where the store says that the round stood. */
  resume(): void {
    this.#later(() => (this.#state.phase === 'applying' ? this.#resumeApplying() : this.#dispatch({ kind: 'tick' })));
  }

  /** Tells the round of a merchant that came, went or refused. Merchants that are not members are nothing to it. */
  notify(event: Extract<RoundEvent, { merchant: string }>): void {
    if (!this.#parts.record.members.some(({ merchant }) => merchant === event.merchant)) return;
    this.#later(() => this.#dispatch(event));
  }

  /**
   * Accepts a merchant's envelope: on return it is stored. The same bytes again change nothing.
   * @throws GuildhallError PHASE_NOT_REACHED, PHASE_PASSED, ROSTER_FULL, REVEAL_CONFLICT, STORAGE_UNAVAILABLE and the
   * codes of SecAggServer.accept
   */
  async submit(step: Exclude<MessageStep, 'input'>, merchant: string, envelope: Envelope): Promise<void> {
    await this.#serial.run(() => this.#accept(step, merchant, envelope, undefined));
  }

  /**
   * Checks the envelope of an upload before its bytes are read.
   * @returns whether the very same upload is on record already
   * @throws GuildhallError as {@link OpenRound.submit}
   */
  async announceUpload(merchant: string, envelope: Envelope): Promise<'new' | 'repeat'> {
    return this.#serial.run(() => {
      const acceptance = this.#check('input', merchant, envelope);
      return Promise.resolve(acceptance === 'repeat' ? 'repeat' : 'new');
    });
  }

  /** Accepts a spooled upload: on return it counts. @throws GuildhallError as {@link OpenRound.submit} */
  async submitUpload(merchant: string, envelope: Envelope, upload: ReceivedUpload): Promise<void> {
    await this.#serial.run(() => this.#accept('input', merchant, envelope, upload));
  }

  /** Records that a merchant will not take part any more. */
  async decline(merchant: string, code: string): Promise<void> {
    await this.#serial.run(async () => {
      if (!isWaiting(this.#state)) return;
      await this.#context.store.rounds.refuse(this.record.id, { merchant, code, atMs: this.#context.clock.now() });
    });
    this.notify({ kind: 'declined', merchant });
  }

  /** Stops driving and waits for the step at hand: what is stored is where a resumed round goes on. */
  async park(): Promise<void> {
    this.#isParked = true;
    this.#cancelWake?.();
    await this.#serial.idle();
    this.#eraseSecrets();
  }

  #later(work: () => Promise<void>): void {
    this.#serial
      .run(async () => {
        if (!this.#isParked) await work();
      })
      .catch((error: unknown) => {
        if (this.#isParked) return;
        this.#isParked = true;
        this.#cancelWake?.();
        this.#eraseSecrets();
        this.#context.onStall(this, error);
      });
  }

  #check(step: MessageStep, merchant: string, envelope: Envelope): 'accepted' | 'repeat' {
    if (this.#isParked)
      throw new GuildhallError('COORDINATOR_SHUTTING_DOWN', 'The coordinator is stopping or resuming.');
    // First the machine: it knows repeats, which are welcome in every later phase.
    const acceptance = this.#parts.machine.validate(step, merchant, envelope);
    if (acceptance === 'repeat') return acceptance;
    if (!isWaiting(this.#state) || STEP_OF_PHASE[this.#state.phase] !== step) {
      throw new GuildhallError('PHASE_PASSED', `The round is in the phase ${this.#state.phase}.`);
    }
    if (step === 'advertise' && this.#state.answered.size >= this.#parts.rules.maximumMerchants) {
      throw new GuildhallError('ROSTER_FULL', `${this.#state.answered.size} merchants have advertised.`);
    }
    return acceptance;
  }

  async #accept(
    step: MessageStep,
    merchant: string,
    envelope: Envelope,
    upload: ReceivedUpload | undefined,
  ): Promise<void> {
    if (this.#check(step, merchant, envelope) === 'repeat') {
      if (upload !== undefined) await this.#context.store.uploads.drop(upload.id);
      return;
    }
    const bytes = Buffer.from(Envelope.encode(envelope).finish());
    const extras = {
      ...(upload === undefined ? {} : { upload }),
      ...(step === 'unmask' ? { reveals: revealsOf(envelope) } : {}),
    };
    await this.#context.store.messages.add(this.record.id, this.#parts.key, { step, merchant, bytes }, extras);
    this.#parts.machine.accept(step, merchant, envelope);
    this.#later(() => this.#dispatch({ kind: 'answered', merchant }));
  }

  async #dispatch(event: RoundEvent): Promise<void> {
    const { state, effects } = reduce(this.#parts.rules, this.#state, event, this.#context.clock.now());
    await this.#carryOut(state, effects);
  }

  async #carryOut(state: RoundState, effects: readonly RoundEffect[]): Promise<void> {
    if (!effects.some(({ kind }) => kind === 'persist')) this.#state = state;
    for (const effect of effects) {
      switch (effect.kind) {
        case 'close': {
          const failure = await this.#work.close(effect.phase);
          if (failure === undefined) break;
          await this.#dispatch({ kind: 'failed', code: failure });
          return;
        }
        case 'persist':
          await this.#persist(state);
          this.#state = state;
          break;
        case 'announce':
          this.#context.onChange(this);
          break;
        case 'wake':
          this.#wake(effect.atMs);
          break;
        case 'apply':
          await this.#apply();
          return;
        case 'end':
          this.#cancelWake?.();
          this.#eraseSecrets();
          this.#context.store.roundKeys.destroy(this.record.id);
          break;
      }
    }
  }

  async #persist(state: RoundState): Promise<void> {
    if (state.phase === 'aborted') {
      await this.#context.store.rounds.abort(this.record.id, {
        code: state.code,
        atMs: this.#context.clock.now(),
        job: await this.#context.afterAbort(this),
      });
    } else if (state.phase === 'done') await this.#work.finish();
    else await this.#context.store.rounds.advance(this.record.id, advanceOf(state));
  }

  async #resumeApplying(): Promise<void> {
    const failure = await this.#work.close('unmasking');
    await (failure === undefined ? this.#apply() : this.#dispatch({ kind: 'failed', code: failure }));
  }

  async #apply(): Promise<void> {
    const failure = await this.#work.apply();
    await this.#dispatch(failure === undefined ? { kind: 'applied' } : { kind: 'failed', code: failure });
  }

  #wake(atMs: number): void {
    this.#cancelWake?.();
    this.#cancelWake = this.#context.clock.at(atMs, () => {
      this.#later(() => this.#dispatch({ kind: 'tick' }));
    });
  }

  #eraseSecrets(): void {
    this.#work.erase();
    this.#parts.key.erase();
  }
}

/** What the store is told of a round that goes on. */
function advanceOf(state: WaitingRound | ComputingRound): Parameters<Store['rounds']['advance']>[1] {
  const { phase, cohorts } = state;
  return {
    phase,
    deadlineMs: isWaiting(state) ? state.deadlineMs : 0,
    cohorts,
    ...(phase === 'agreeing' ? { reveals: revealsAllowed(cohorts) } : {}),
  };
}

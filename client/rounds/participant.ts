import { SecAggClient } from '../../crypto/index.js';
import type { AgreementOutput } from '../../crypto/index.js';
import { ExcessNoise, ledgerEntry, secAggTermsOf } from '../../federation/index.js';
import type { Policy, RoundTerms } from '../../federation/index.js';
import { MaskedInput, Phase } from '../../proto/index.js';
import type { Envelope, Survivors } from '../../proto/index.js';
import type { RoundName } from '../ledger/ledger.js';
import { inTurns } from '../turns.js';
import { retrying } from '../wire/retry.js';
import { refuseCloseCohorts } from './cohorts.js';
import type { ParticipantContext } from './context.js';
import type { RoundFeed } from './feed.js';
import { Preparation } from './preparation.js';
import { outcomeOf, tellableCode } from './outcome.js';
import type { Participation } from './outcome.js';
import { budgetOf, modelFor, openedContract, requireAcceptable, unopenedName } from './preconditions.js';
import type { OpenedContract } from './preconditions.js';
import { keepReceipt } from './receipts.js';
import { asLeft, RoundCalls } from './round-calls.js';
import { uploadSlot } from './slots.js';

const DECLINE_TIMEOUT_MS = 5_000;

/**
 * Takes part in one round, from the contract's checks to the erasure of every secret. Never throws for what the
 * coordinator, the network or this merchant's own rules do: those are outcomes. The order is the promise: contract,
 * policy, ledger, members and model are checked before the shop's data is touched; the journal is on the disk before the
 * first message leaves, the ledger's entry before the upload.
 * @param feed where the round stands, kept up to date by the watcher
 * @param signal stops the participation; what was spent stays spent
 */
export async function takePart(
  envelope: Envelope,
  feed: RoundFeed,
  context: ParticipantContext,
  signal: AbortSignal,
): Promise<Participation> {
  const { ledger, clock, api, logger } = context;
  let name = unopenedName(envelope);
  try {
    const contract = openedContract(envelope, context.contractKey);
    name = contract.name;
    if (ledger.hasJoined(name)) {
      await leaveKnown(name, context);
      return { name, outcome: { kind: 'known' } };
    }
    await new Participant(contract, feed, context).run(signal);
    return { name, outcome: { kind: 'done' } };
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome.kind === 'left') return { name, outcome };
    if (outcome.code === 'INTERNAL') logger.error({ err: error }, 'a fault in a round');
    try {
      ledger.recordRefusal(name, outcome.code, clock.now());
      await api.decline(name.contractSha256, tellableCode(outcome.code), { timeoutMs: DECLINE_TIMEOUT_MS });
    } catch (failure) {
      logger.warn({ err: failure, code: outcome.code }, 'the refusal could not be recorded or told');
    }
    return { name, outcome };
  }
}

/** A round that a crash cut off is not gone on with; the others need not wait for this merchant's next step. */
async function leaveKnown(name: RoundName, { api, logger }: ParticipantContext): Promise<void> {
  try {
    await api.decline(name.contractSha256, 'ROUND_ALREADY_JOINED', { timeoutMs: DECLINE_TIMEOUT_MS });
  } catch (failure) {
    logger.debug({ err: failure }, 'the coordinator did not hear that this round is left');
  }
}

/** One participation: the driver around the sans-IO {@link SecAggClient}. */
class Participant {
  readonly #contract: OpenedContract;
  readonly #terms: RoundTerms;
  readonly #feed: RoundFeed;
  readonly #calls: RoundCalls;
  readonly #context: ParticipantContext;

  constructor(contract: OpenedContract, feed: RoundFeed, context: ParticipantContext) {
    this.#contract = contract;
    this.#terms = contract.terms;
    this.#feed = feed;
    this.#calls = new RoundCalls(contract.sha256, feed, context);
    this.#context = context;
  }

  async run(outer: AbortSignal): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([outer, over.signal]);
    // An aborted round interrupts whatever this client is doing for it.
    void this.#feed.aborted(over.signal).catch((reason: unknown) => over.abort(asLeft(reason)));
    try {
      await this.#steps(signal);
    } finally {
      over.abort(new Error('the participation is over'));
    }
  }

  async #steps(signal: AbortSignal): Promise<void> {
    const { ledger, clock, trainer, random, identity, merchant } = this.#context;
    const terms = this.#terms;
    const policy = this.#context.policy();
    requireAcceptable(this.#contract, { policy, ledger, federation: this.#context.federation, now: clock.now() });
    const members = await this.#context.members(policy, signal);
    const model = await this.#model(signal);
    signal.throwIfAborted();

    ledger.join(this.#contract.name, clock.now());
    const { client, advertisement } = SecAggClient.start({
      terms: secAggTermsOf(terms, this.#contract.sha256),
      merchant,
      identity,
      members,
      survivorsFloor: policy.minimum_survivors,
      colludersFloor: policy.minimum_colluders,
      random,
    });
    const preparing = new AbortController();
    try {
      await this.#calls.send(signal, terms.deadlines.advertiseMs, (api, hash, bounds) =>
        api.advertise(hash, advertisement, bounds),
      );
      const stop = AbortSignal.any([signal, preparing.signal]);
      const preparation = new Preparation({ terms, model }, trainer, stop);
      try {
        await this.#exchange(client, preparation, policy, signal);
      } finally {
        preparation.erase();
      }
    } finally {
      client.erase();
      preparing.abort(new Error('the round is over'));
    }
  }

  /** R1 to R4, each at its phase. */
  async #exchange(client: SecAggClient, preparation: Preparation, policy: Policy, signal: AbortSignal): Promise<void> {
    const { deadlines } = this.#terms;
    const sharing = await this.#meet(client, signal);
    await this.#calls.send(signal, deadlines.shareMs, (api, hash, bounds) => api.share(hash, sharing, bounds));

    await this.#calls.reach(Phase.PHASE_COLLECTING, deadlines.shareMs, signal);
    const collecting = this.#context.clock.now();
    const delivery = await this.#calls.send(signal, deadlines.inputMs, (api, hash, bounds) =>
      api.delivery(hash, bounds),
    );
    const { rosterSize } = client.receive({ step: 'delivery', delivery });
    const { vector, componentKey } = await preparation.forRoster(rosterSize);
    await this.#upload(client, vector, { collecting, policy, signal });

    await this.#calls.reach(Phase.PHASE_AGREEING, deadlines.inputMs, signal);
    const survivors = await this.#calls.send(signal, deadlines.agreeMs, (api, hash, bounds) =>
      api.survivors(hash, bounds),
    );
    await inTurns(client.verifying({ step: 'survivors', survivors }));
    const { agreement, ...view } = client.receive({ step: 'survivors', survivors });
    this.#guardCohort(survivors, policy);
    await this.#calls.send(signal, deadlines.agreeMs, (api, hash, bounds) => api.agree(hash, agreement, bounds));

    await this.#calls.reach(Phase.PHASE_UNMASKING, deadlines.agreeMs, signal);
    const agreements = await this.#calls.send(signal, deadlines.unmaskMs, (api, hash, bounds) =>
      api.agreements(hash, bounds),
    );
    await inTurns(client.verifying({ step: 'agreements', agreements }));
    const attachment = this.#excessNoise(rosterSize, componentKey, view);
    const { unmasking } = client.receive({ step: 'agreements', agreements, attachment });
    this.#recordCohort(survivors);
    await this.#calls.send(signal, deadlines.unmaskMs, (api, hash, bounds) => api.unmask(hash, unmasking, bounds));
  }

  /** What the survivors of the signed view leave over of this merchant's noise; nothing where it stays in. */
  #excessNoise(
    rosterSize: number,
    componentKey: Uint8Array | undefined,
    view: Pick<AgreementOutput, 'rosterSize' | 'survivors'>,
  ): Uint8Array {
    if (componentKey === undefined) return new Uint8Array();
    const excess = new ExcessNoise(this.#terms, rosterSize, componentKey);
    return excess.reveal({ rosterSize: view.rosterSize, survivors: view.survivors.length });
  }

  /** From the roster to R1, by way of the coins where they draw the graph. */
  async #meet(client: SecAggClient, signal: AbortSignal): Promise<Envelope> {
    const { deadlines } = this.#terms;
    await this.#calls.reach(Phase.PHASE_OPENING, deadlines.advertiseMs, signal);
    const roster = await this.#calls.send(signal, deadlines.openMs, (api, hash, bounds) => api.roster(hash, bounds));
    await inTurns(client.verifying({ step: 'roster', roster }));
    const met = client.receive({ step: 'roster', roster });
    if (met.kind === 'sharing') return met.sharing;
    await this.#calls.send(signal, deadlines.openMs, (api, hash, bounds) => api.open(hash, met.opening, bounds));
    await this.#calls.reach(Phase.PHASE_SHARING, deadlines.openMs, signal);
    const coins = await this.#calls.send(signal, deadlines.shareMs, (api, hash, bounds) => api.coins(hash, bounds));
    return client.receive({ step: 'coins', coins }).sharing;
  }

  /** R2: mask, spend, then send; the same bytes at every attempt. */
  async #upload(
    client: SecAggClient,
    vector: Uint32Array,
    { collecting, policy, signal }: { collecting: number; policy: Policy; signal: AbortSignal },
  ): Promise<void> {
    const { clock, ledger } = this.#context;
    const { inputMs } = this.#terms.deadlines;
    const elapsed = clock.now() - collecting;
    const wait = uploadSlot(elapsed) - elapsed;
    if (wait > 0) await clock.sleep(wait, signal);
    signal.throwIfAborted();
    const masked = client.receive({ step: 'input', vector });
    const entry = ledgerEntry(this.#terms, this.#contract.sha256, clock.now());
    if (entry !== undefined) ledger.spend(entry, budgetOf(policy));
    const upload = { input: masked.input, vector: masked.packed, ledgerHead: Buffer.from(ledger.head.hash, 'hex') };
    const receipt = await this.#calls.send(signal, inputMs, (api, hash, bounds) =>
      api.upload(hash, upload, { ...bounds, timeoutMs: inputMs }),
    );
    keepReceipt(receipt, { ...upload, contractSha256: this.#contract.sha256 }, this.#context);
  }

  #guardCohort(survivors: Survivors, policy: Policy): void {
    if (this.#terms.mechanism.kind !== 'none') return;
    const earlier = this.#context.ledger.cohorts(this.#terms.modelSha256);
    refuseCloseCohorts(namesOf(survivors), earlier, policy.minimum_survivors);
  }

  #recordCohort(survivors: Survivors): void {
    if (this.#terms.mechanism.kind === 'none') {
      const { ledger, clock } = this.#context;
      ledger.recordCohort(this.#terms.modelSha256, namesOf(survivors), clock.now());
    }
  }

  async #model(signal: AbortSignal): Promise<Uint8Array> {
    const { api, models, clock } = this.#context;
    const { modelSha256, deadlines } = this.#terms;
    const bytes = await retrying(
      () =>
        models.obtain(modelSha256, () => api.downloadModel(modelSha256, { signal, timeoutMs: deadlines.advertiseMs })),
      {
        clock,
        signal,
        withinMs: deadlines.advertiseMs,
        retries: ({ code, retryable }) => retryable && code !== 'MODEL_HASH_MISMATCH',
      },
    );
    modelFor(this.#terms, bytes);
    return bytes;
  }
}

/** U3's names; only called on what the protocol client has just verified. */
function namesOf(survivors: Survivors): string[] {
  return survivors.inputs.map(({ payload }) => MaskedInput.decode(payload).merchant);
}

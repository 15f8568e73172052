import type { Store, RoundRecord } from '../store/index.js';
import { OpenRound } from './open-round.js';
import type { RoundContext } from './open-round.js';
import { replayRound, rulesOf, STEP_OF_PHASE, termsOf } from './replay.js';
import type { ReplayedRound } from './replay.js';
import type { RoundState, WaitingRound } from './state.js';

/** What a round needs to know of the world it comes back to. */
export interface Return {
  readonly connected: ReadonlySet<string>;
  /** Merchants have until then to connect again, ms since the epoch. */
  readonly graceUntilMs: number;
  readonly disconnectGraceMs: number;
}

/**
 * Brings an open round back from the store, to the state in which its last commit left it.
 * @throws GuildhallError ROUND_KEY_LOST, STORAGE_UNAVAILABLE
 */
export async function restoreRound(context: RoundContext, record: RoundRecord, back: Return): Promise<OpenRound> {
  const { store } = context;
  const terms = termsOf(record);
  const key = store.roundKeys.load(record.id);
  const replayed = await replayRound(terms, record, { messages: store.messages, key });
  const state = await stateOf(store, record, replayed, back);
  const rules = rulesOf(terms, back.disconnectGraceMs);
  return new OpenRound(context, { record, terms, rules, machine: replayed.machine, key }, state);
}

async function stateOf(
  store: Store,
  record: RoundRecord,
  { senders }: ReplayedRound,
  back: Return,
): Promise<RoundState> {
  const { phase, cohorts } = record;
  if (phase === 'applying') return { phase, cohorts };
  if (phase === 'done' || phase === 'aborted') throw new Error(`round ${record.id} has ended`);
  const refusals = await store.rounds.refusals(record.id);
  const declined = new Set(refusals.map(({ merchant }) => merchant));
  if (phase === 'unmasking') {
    for (const merchant of cohorts.survivors ?? []) if (!senders.agree.has(merchant)) declined.add(merchant);
  }
  const state: WaitingRound = {
    phase,
    deadlineMs: record.deadlineMs,
    cohorts,
    answered: senders[STEP_OF_PHASE[phase]],
    declined,
    presence: new Map(
      record.members.map(({ merchant }) => [merchant, back.connected.has(merchant) ? Infinity : back.graceUntilMs]),
    ),
  };
  return state;
}

import { setImmediate as nextTurn } from 'node:timers/promises';

import { SecAggServer } from '../../crypto/index.js';
import type { Closing, ServerStep } from '../../crypto/index.js';
import { GuildhallError } from '../../errors/index.js';
import { compileTerms, secAggTermsOf } from '../../federation/index.js';
import type { RoundTerms } from '../../federation/index.js';
import { Contract, Envelope } from '../../proto/index.js';
import { digestOf } from '../store/index.js';
import type { MessageStore, RoundKey, RoundMember, RoundRecord, StoredPhase } from '../store/index.js';
import type { RoundRules, WaitingPhase } from './state.js';
import { inTurns } from './turns.js';

/** Which step's messages a phase waits for. */
export const STEP_OF_PHASE = {
  advertising: 'advertise',
  opening: 'open',
  sharing: 'share',
  collecting: 'input',
  agreeing: 'agree',
  unmasking: 'unmask',
} as const satisfies Record<WaitingPhase, ServerStep>;

const PHASE_OF_STEP = {
  advertise: 'advertising',
  open: 'opening',
  share: 'sharing',
  input: 'collecting',
  agree: 'agreeing',
  unmask: 'unmasking',
} as const satisfies Record<ServerStep, WaitingPhase>;

/** The compiled terms of a stored round. */
export function termsOf(record: Pick<RoundRecord, 'contract'>): RoundTerms {
  return compileTerms(Contract.decode(Envelope.decode(record.contract).payload));
}

/** What of the terms decides how the round goes. */
export function rulesOf(terms: RoundTerms, disconnectGraceMs: number): RoundRules {
  const { roster, deadlines } = terms;
  return {
    minimumMerchants: roster.minimumMerchants,
    maximumMerchants: roster.maximumMerchants,
    minimumSurvivors: roster.minimumSurvivors,
    colluders: roster.colluders,
    phaseMs: {
      advertising: deadlines.advertiseMs,
      opening: deadlines.openMs,
      sharing: deadlines.shareMs,
      collecting: deadlines.inputMs,
      agreeing: deadlines.agreeMs,
      unmasking: deadlines.unmaskMs,
    },
    disconnectGraceMs,
  };
}

/** A fresh secure-aggregation machine for a round. */
export function machineOf(
  terms: RoundTerms,
  record: { readonly id: RoundRecord['id']; readonly members: readonly RoundMember[] },
): SecAggServer {
  const members = new Map(record.members.map(({ merchant, identityKey }) => [merchant, identityKey]));
  return SecAggServer.create({ terms: secAggTermsOf(terms, digestOf(record.id)), members });
}

/** Closes the machine's step for a phase; other calls have their turn while secrets are decoded. */
export async function closePhase(machine: SecAggServer, phase: WaitingPhase): Promise<Closing<unknown>> {
  switch (phase) {
    case 'advertising':
      return machine.closeAdvertising();
    case 'opening':
      return machine.closeOpening();
    case 'sharing':
      return machine.closeSharing();
    case 'collecting':
      return machine.closeCollecting();
    case 'agreeing':
      return machine.closeAgreeing();
    case 'unmasking':
      return await inTurns(machine.closingUnmasking());
  }
}

/** What a closed step gave. @throws GuildhallError PHASE_PASSED when the step ended the round instead */
export function valueOf<T>(closing: Closing<T>): T {
  if (closing.outcome === 'closed') return closing.value;
  throw new GuildhallError('PHASE_PASSED', `The step ended with ${closing.code}.`);
}

/** A round's machine brought back to where the store says that it stood. */
export interface ReplayedRound {
  readonly machine: SecAggServer;
  /** Who has sent what in each step. */
  readonly senders: Readonly<Record<ServerStep, ReadonlySet<string>>>;
}

/**
 * Rebuilds a round's machine: accepts the stored messages in order and closes the phases that were closed.
 * @throws GuildhallError ROUND_KEY_LOST
 */
export async function replayRound(
  terms: RoundTerms,
  record: RoundRecord,
  source: { messages: MessageStore; key: RoundKey },
): Promise<ReplayedRound> {
  const machine = machineOf(terms, record);
  const senders = {
    advertise: new Set<string>(),
    open: new Set<string>(),
    share: new Set<string>(),
    input: new Set<string>(),
    agree: new Set<string>(),
    unmask: new Set<string>(),
  };
  for await (const { step, merchant, bytes } of source.messages.replay(record.id, source.key)) {
    await closeUntil(machine, step);
    machine.accept(step, merchant, Envelope.decode(bytes));
    senders[step].add(merchant);
    // The machine checks everything again, and merchants of other rounds are waiting.
    await nextTurn();
  }
  await closeUntil(machine, stepOf(record.phase));
  return { machine, senders };
}

function stepOf(phase: StoredPhase): ServerStep | 'finished' {
  return phase === 'applying' || phase === 'done' || phase === 'aborted' ? 'finished' : STEP_OF_PHASE[phase];
}

async function closeUntil(machine: SecAggServer, step: ServerStep | 'finished'): Promise<void> {
  while (machine.step !== step && machine.step !== 'finished' && machine.step !== 'aborted') {
    await closePhase(machine, PHASE_OF_STEP[machine.step]);
  }
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { ModelStore } from '../../../client/models.js';
import type { RoundOutcome } from '../../../client/rounds/outcome.js';
import { takePart } from '../../../client/rounds/participant.js';
import type { ParticipantContext } from '../../../client/rounds/context.js';
import { statePaths } from '../../../client/state/directory.js';
import { osRandom } from '../../../crypto/index.js';
import { parsePolicy } from '../../../federation/index.js';
import type { SignedContract } from '../../../federation/index.js';
import { SkippingClock } from '../manual-clock.js';
import type { ManualClock } from '../manual-clock.js';
import { temporaryDirectory } from '../workspace.js';
import { CONTRACT_KEY, contractFor, identity, MEMBERS, OWN, ScriptedRound } from './scripted-round.js';
import type { ContractOptions, Hooks } from './scripted-round.js';

/** The merchant under test, with a ledger on the disk and a trainer that counts how often it is asked. */
export class TestParticipant {
  readonly paths: LedgerPaths;
  ledger: Ledger;
  clock: SkippingClock | ManualClock = new SkippingClock();
  /** How often the shop's data was asked for. */
  prepared = 0;
  readonly #workspace = temporaryDirectory();

  constructor() {
    this.paths = statePaths(this.#workspace.path);
    mkdirSync(join(this.#workspace.path, 'models'));
    this.ledger = Ledger.create(this.paths, 0);
  }

  remove(): void {
    this.ledger.close();
    this.#workspace.remove();
  }

  context(api: ScriptedRound, change: Partial<ParticipantContext> = {}): ParticipantContext {
    return {
      api,
      merchant: OWN,
      federation: 'market',
      identity: identity(OWN),
      contractKey: CONTRACT_KEY.publicKey,
      policy: () => parsePolicy({}),
      members: () => Promise.resolve(MEMBERS),
      ledger: this.ledger,
      models: new ModelStore(join(this.#workspace.path, 'models')),
      trainer: {
        prepare: ({ terms }) => {
          this.prepared += 1;
          return Promise.resolve({ vector: new Uint32Array(terms.dimension).fill(7) });
        },
        load: () => Promise.reject(new Error('not asked for')),
        evaluate: () => Promise.reject(new Error('not asked for')),
        close: () => Promise.resolve(),
      },
      random: osRandom,
      clock: this.clock,
      logger: pino({ level: 'silent' }),
      ...change,
    };
  }

  async play(
    contract: SignedContract,
    round: ScriptedRound,
    change: Partial<ParticipantContext> = {},
    signal = new AbortController().signal,
  ): Promise<RoundOutcome> {
    const { outcome } = await takePart(contract.envelope, round.feed, this.context(round, change), signal);
    return outcome;
  }

  /** Plays a round in which nobody but the merchant under test says no, and expects it to. */
  async declines(
    options: ContractOptions,
    change: Partial<ParticipantContext> = {},
    hooks: Hooks = {},
  ): Promise<{ code: string; round: ScriptedRound }> {
    const contract = contractFor(options);
    const round = new ScriptedRound(contract, hooks);
    const outcome = await this.play(contract, round, change);
    expect(outcome.kind).to.equal('declined');
    const code = outcome.kind === 'declined' ? outcome.code : '';
    expect(round.declined).to.deep.equal([code]);
    expect(this.ledger.refusals().map((refusal) => refusal.code)).to.include(code);
    return { code, round };
  }
}

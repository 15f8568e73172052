import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import {
  certificatePem,
  formatInvite,
  joinFederation,
  openState,
  pinMembers,
  reportBudget,
  runClient,
  statePaths,
} from '../../../client/index.js';
import type { ClientEvent, RoundOutcome } from '../../../client/index.js';
import type { Trainer } from '../../../client/training/trainer.js';
import { initCoordinator, openAdmin, startCoordinator } from '../../../coordinator/index.js';
import { statePaths as coordinatorPaths } from '../../../coordinator/index.js';
import { sha256 } from '../../../crypto/index.js';
import type { SecAggTerms, SigningKey } from '../../../crypto/index.js';
import { planJobs, secAggTermsOf, signContract } from '../../../federation/index.js';
import type { PlannedJob, SignedContract } from '../../../federation/index.js';
import { ManualClock } from '../../client/manual-clock.js';
import type { Leniency } from '../../crypto/secagg/lenient-client.js';
import { HostileCoordinator } from './hostile-coordinator.js';
import type { Sent } from './hostile-coordinator.js';
import { LenientMerchant } from './lenient-merchant.js';

const silent = pino({ level: 'silent' });
const JOB = 'reranker';

/** How a round's contract differs from the ordinary one: n = 4 of whom at most one colludes, ε = 1. */
export interface RoundOptions {
  readonly merchants?: number;
  readonly minimumSurvivors?: number;
  readonly epsilon?: number | 'none';
  readonly round?: number;
  /** Another key than the platform's. */
  readonly key?: SigningKey;
}

/** A signed contract with what belongs to it. */
export interface ProposedRound extends SignedContract {
  readonly model: Uint8Array;
  readonly secAgg: SecAggTerms;
}

/**
 * A platform with nothing honest about it but how merchants join: they are enrolled by the real coordinator, which is then
 * replaced by one of the attacker's with the same keys. Merchants live in real state directories.
 */
export class HostilePlatform {
  readonly coordinator: HostileCoordinator;
  readonly names: readonly string[];
  readonly #root: string;
  readonly #planned = new Map<string, PlannedJob>();

  private constructor(root: string, coordinator: HostileCoordinator, names: readonly string[]) {
    this.#root = root;
    this.coordinator = coordinator;
    this.names = names;
  }

  /** Enrols merchants m00, m01, … through the real coordinator; each has pinned all the others. */
  static async start(merchants = 10): Promise<HostilePlatform> {
    const root = mkdtempSync(join(tmpdir(), 'guildhall-hostile-'));
    const dir = join(root, 'coordinator');
    await initCoordinator(dir, { federation: 'market', listen: '127.0.0.1:0', enrolmentListen: '127.0.0.1:0' });
    const coordinator = await HostileCoordinator.start(dir);
    const { config } = coordinatorPaths(dir);
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace(/^# rounds = .*$/m, `rounds = "localhost:${coordinator.port}"`));
    const names = Array.from({ length: merchants }, (_, index) => `m${String(index).padStart(2, '0')}`);
    const platform = new HostilePlatform(root, coordinator, names);
    await platform.#enrol(dir);
    return platform;
  }

  async #enrol(dir: string): Promise<void> {
    const real = await startCoordinator({ dir, logger: silent });
    const admin = openAdmin(dir);
    const keys = new Map<string, Uint8Array>();
    for (const merchant of this.names) {
      const invite = await admin.createInvite({ merchant, validForMs: 600_000 });
      const file = join(this.#root, `${merchant}.invite`);
      writeFileSync(file, formatInvite({ ...invite, merchant, authority: certificatePem(invite.authority) }));
      await joinFederation({ dir: this.dir(merchant), invite: file });
      keys.set(merchant, openState(this.dir(merchant)).identity.publicKey);
    }
    admin.close();
    await real.close();
    for (const merchant of this.names) {
      const others = this.names.filter((other) => other !== merchant).map((name) => ({ name }));
      pinMembers(statePaths(this.dir(merchant)).members, keys, others);
    }
    this.coordinator.members = keys;
  }

  /** A merchant's state directory as it was after joining; never run on itself. */
  dir(merchant: string): string {
    return join(this.#root, merchant);
  }

  /** A contract under the platform's own key. */
  propose(options: RoundOptions = {}): ProposedRound {
    const { merchants = 4, minimumSurvivors = 3, epsilon = 1, round = 1, key = this.coordinator.contractKey } = options;
    const { template, model } = this.#plan(merchants, minimumSurvivors, epsilon);
    const contract = { ...template, federation: 'market', round, step: 1, modelSha256: sha256(model), issuedAtMs: 1 };
    const signed = signContract(contract, key);
    return { ...signed, model, secAgg: secAggTermsOf(signed.terms, signed.sha256) };
  }

  #plan(merchants: number, minimumSurvivors: number, epsilon: number | 'none'): PlannedJob {
    const name = `${merchants}/${minimumSurvivors}/${epsilon}`;
    const known = this.#planned.get(name);
    if (known !== undefined) return known;
    const phase = 60_000;
    const [job] = planJobs({
      jobs: [JOB],
      privacy: epsilon === 'none' ? 'none' : { epsilon, delta: 1e-6 },
      roster: {
        minimumMerchants: Math.max(4, minimumSurvivors),
        colluders: 1,
        minimumSurvivors,
        maximumMerchants: merchants,
      },
      expectedShoppers: 32 * merchants,
      catalogues: [],
      deadlines: { advertiseMs: phase, openMs: phase, shareMs: phase, inputMs: phase, agreeMs: phase, unmaskMs: phase },
    });
    if (job === undefined) throw new Error('a job was asked for');
    this.#planned.set(name, job);
    return job;
  }

  /** Connects merchants to the hostile coordinator, plays with them, and parts. */
  async mount<T>(cast: Cast, play: (stage: Stage) => Promise<T>): Promise<T> {
    const root = mkdtempSync(join(this.#root, 'mount-'));
    const stage = new Stage(this, root, cast);
    try {
      await this.coordinator.connected(stage.names);
      return await play(stage);
    } finally {
      await stage.leave();
      rmSync(root, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.coordinator.close();
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Who plays whom. */
export interface Cast {
  /** Played by the real client. */
  readonly real?: readonly string[];
  /** Played without any check. */
  readonly lenient?: readonly string[];
  readonly leniency?: Leniency;
  /** Lines of a real client's policy.toml. */
  readonly policy?: string;
  /** Changes a real client's directory before it starts. */
  readonly prepare?: (dir: string) => void;
}

/** A merchant's vector: what an attack is after. Another one each time that it is asked for. */
export function vectorOf(merchant: string, dimension: number, time = 0): Uint32Array {
  const seed = Number(merchant.slice(1)) + 1 + 100 * time;
  return Uint32Array.from({ length: dimension }, (_, index) => Math.imul(seed, 2_654_435_761) + index);
}

/** The merchants of one mounting: real clients with directories, ledgers, pins and policies of their own, and lenient ones. */
export class Stage {
  readonly names: readonly string[];
  readonly #platform: HostilePlatform;
  readonly #root: string;
  readonly #lenient = new Map<string, LenientMerchant>();
  readonly #real = new Map<string, RealMerchant>();

  constructor(platform: HostilePlatform, root: string, cast: Cast) {
    const { real = [], lenient = [], leniency = { binding: 'contract' }, policy, prepare } = cast;
    this.#platform = platform;
    this.#root = root;
    this.names = [...real, ...lenient].sort();
    for (const name of lenient) {
      let time = 0;
      const vector = (): Uint32Array => vectorOf(name, this.#dimension, time++);
      this.#lenient.set(name, new LenientMerchant(platform.dir(name), vector, leniency));
    }
    for (const name of real) {
      const dir = this.dir(name);
      cpSync(platform.dir(name), dir, { recursive: true });
      if (policy !== undefined) writeFileSync(statePaths(dir).policy, policy);
      prepare?.(dir);
      this.#real.set(name, new RealMerchant(name, dir));
    }
  }

  get #dimension(): number {
    return this.#platform.propose().terms.dimension;
  }

  /** A real client's directory. */
  dir(name: string): string {
    return join(this.#root, name);
  }

  lenient(name: string): LenientMerchant {
    const found = this.#lenient.get(name);
    if (found === undefined) throw new Error(`${name} is not lenient`);
    return found;
  }

  real(name: string): RealMerchant {
    const found = this.#real.get(name);
    if (found === undefined) throw new Error(`${name} is not played by the real client`);
    return found;
  }

  /**
   * How a real client refused: its code, if that stands in its ledger, reached the coordinator, and was the last thing
   * that it sent.
   */
  async refusal(name: string): Promise<string> {
    const outcome = await this.real(name).outcome();
    if (outcome.kind !== 'declined') return outcome.kind;
    const { code } = outcome;
    const sent = this.#platform.coordinator.received.filter(({ merchant }) => merchant === name);
    const told = sent.filter(({ step }) => step === 'decline').map((one) => one.code);
    if (told.join() !== code) return `${code}, told as ${told.join()}`;
    if (sent.at(-1)?.step !== 'decline') return `${code}, and went on`;
    const recorded = reportBudget({ dir: this.dir(name) }).refusals.map((one) => one.code);
    return recorded.includes(code) ? code : `${code}, not recorded`;
  }

  /** The refusals of several, in order. */
  async refusals(names: readonly string[]): Promise<string[]> {
    return Promise.all(names.map((name) => this.refusal(name)));
  }

  /** Stops a real client, changes its directory, and starts it again. */
  async restart(name: string, between: (dir: string) => void): Promise<void> {
    await this.real(name).outcome();
    await this.real(name).stop();
    between(this.dir(name));
    await this.#platform.coordinator.parted(name);
    this.#real.set(name, new RealMerchant(name, this.dir(name)));
    await this.#platform.coordinator.connected([name]);
  }

  /** What a merchant sent, in order, without the refusals. */
  sent(name: string): Sent[] {
    return this.#platform.coordinator.received
      .filter(({ merchant, step }) => merchant === name && step !== 'decline')
      .map(({ step }) => step);
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#real.values(), ...this.#lenient.values()].map((merchant) => merchant.stop()));
    this.#platform.coordinator.disconnect();
  }
}

/** The real client of one merchant; only its data and its clock are the test's. */
export class RealMerchant {
  readonly name: string;
  /** Stands still unless moved, so that no deadline passes by itself. */
  readonly clock = new ManualClock(Date.now());
  readonly events: ClientEvent[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  constructor(name: string, dir: string) {
    this.name = name;
    const trainer: Trainer = {
      prepare: ({ terms }) => Promise.resolve({ vector: vectorOf(name, terms.dimension) }),
      load: () => Promise.reject(new Error('not asked for')),
      evaluate: () => Promise.reject(new Error('not asked for')),
      close: () => Promise.resolve(),
    };
    this.#run = runClient({
      dir,
      logger: silent,
      signal: this.#stop.signal,
      clock: this.clock,
      trainer,
      onEvent: (event) => {
        this.events.push(event);
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const wake of waiting) wake();
      },
    });
    this.#run.catch(() => undefined);
  }

  /** Waits for an event. */
  async until<K extends ClientEvent['kind']>(kind: K): Promise<Extract<ClientEvent, { kind: K }>> {
    for (;;) {
      const found = this.events.find((event): event is Extract<ClientEvent, { kind: K }> => event.kind === kind);
      if (found !== undefined) return found;
      await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), this.#run.then(ended)]);
    }
  }

  /** How its round ended. */
  async outcome(): Promise<RoundOutcome> {
    return (await this.until('round-ended')).outcome;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#run.catch(() => undefined);
  }
}

function ended(): never {
  throw new Error('the client stopped');
}

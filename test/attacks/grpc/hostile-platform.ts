import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import {
  certificatePem,
  formatInvite,
  joinFederation,
  openState,
  pinMembers,
  statePaths,
} from '../../../client/index.js';
import {
  statePaths as coordinatorPaths,
  initCoordinator,
  openAdmin,
  startCoordinator,
} from '../../../coordinator/index.js';
import { sha256 } from '../../../crypto/index.js';
import type { SecAggTerms, SigningKey } from '../../../crypto/index.js';
import { planJobs, secAggTermsOf, signContract } from '../../../federation/index.js';
import type { PlannedJob, SignedContract } from '../../../federation/index.js';
import { HostileCoordinator } from './hostile-coordinator.js';
import { Stage } from './stage.js';
import type { Cast } from './stage.js';

const JOB = 'reranker';

/** How a round's contract differs from the ordinary one: n = 4 of whom at most one colludes, ε = 1. */
export interface RoundOptions {
  readonly merchants?: number;
  readonly minimumSurvivors?: number;
  readonly epsilon?: number | 'none';
  /** c. @default 1 */
  readonly colluders?: number;
  /** @default 'worst-case' */
  readonly noiseStrategy?: 'worst-case' | 'removable';
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
    const changed = text
      .replace(/^# rounds = .*$/m, `rounds = "localhost:${coordinator.port}"`)
      .replace(/^(enrolments_per_minute|calls_per_second|burst) = .*$/gm, '$1 = 100000');
    writeFileSync(config, changed);
    const names = Array.from({ length: merchants }, (_, index) => `m${String(index).padStart(2, '0')}`).sort();
    const platform = new HostilePlatform(root, coordinator, names);
    await platform.#enrol(dir);
    return platform;
  }

  async #enrol(dir: string): Promise<void> {
    const real = await startCoordinator({ dir, logger: pino({ level: 'silent' }) });
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
    const { key = this.coordinator.contractKey, ...planned } = options;
    const { template, model } = this.#plan(planned);
    const contract = {
      ...template,
      // What merchants put in are words of the whole range.
      ringBits: 32,
      federation: 'market',
      round: 1,
      step: 1,
      modelSha256: sha256(model),
      issuedAtMs: 1,
    };
    const signed = signContract(contract, key);
    return { ...signed, model, secAgg: secAggTermsOf(signed.terms, signed.sha256) };
  }

  #plan(options: Omit<RoundOptions, 'key'>): PlannedJob {
    const name = JSON.stringify(options);
    const known = this.#planned.get(name);
    if (known !== undefined) return known;
    const { merchants = 4, minimumSurvivors = 3, epsilon = 1, colluders = 1, noiseStrategy } = options;
    const phase = 60_000;
    const [job] = planJobs({
      jobs: [JOB],
      privacy: epsilon === 'none' ? 'none' : { epsilon, delta: 1e-6 },
      roster: {
        minimumMerchants: Math.max(4, minimumSurvivors),
        colluders,
        minimumSurvivors,
        maximumMerchants: merchants,
      },
      expectedShoppers: 32 * merchants,
      catalogues: [],
      deadlines: { advertiseMs: phase, openMs: phase, shareMs: phase, inputMs: phase, agreeMs: phase, unmaskMs: phase },
      ...(noiseStrategy === undefined ? {} : { noiseStrategy }),
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

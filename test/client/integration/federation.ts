import { pino } from 'pino';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  certificatePem,
  formatInvite,
  joinFederation,
  pinShownMembers,
  runClient,
  statePaths,
} from '../../../client/index.js';
import type { ClientEvent, RunOptions, RunSummary } from '../../../client/index.js';
import { ShopSession } from '../../../client/training/session.js';
import type { Trainer } from '../../../client/training/trainer.js';
import { openClient, workerSettings } from '../../../client/session.js';
import { initCoordinator, openAdmin, startCoordinator } from '../../../coordinator/index.js';
import type { Admin, Coordinator, CoordinatorOptions } from '../../../coordinator/index.js';
import { applySum, decodeModel, encodeModel, planJobs } from '../../../federation/index.js';
import type { JobKind, PlannedJob } from '../../../federation/index.js';
import type { Phase } from '../../../proto/index.js';
import { writeShop } from '../shop-files.js';

const silent = pino({ level: 'silent' });
const MINUTE_MS = 60_000;

/** A running client of a test. */
export interface RunningClient {
  readonly name: string;
  readonly events: readonly ClientEvent[];
  /** The first event, past or to come, that fits. */
  until(fits: (event: ClientEvent) => boolean): Promise<ClientEvent>;
  stop(): Promise<RunSummary>;
}

/** A coordinator and its merchants on loopback, with real certificates, files and databases. */
export class TestFederation {
  readonly root: string;
  readonly admin: () => Admin;
  /** The noise in each sum that the coordinator applied, over what its contract claims. */
  readonly noiseRatios: number[];
  readonly #coordinatorDir: string;
  #coordinator: Coordinator;
  #admin: Admin;
  readonly #running = new Set<RunningClient>();

  private constructor(root: string, coordinatorDir: string, coordinator: Coordinator, noiseRatios: number[]) {
    this.noiseRatios = noiseRatios;
    this.root = root;
    this.#coordinatorDir = coordinatorDir;
    this.#coordinator = coordinator;
    this.#admin = openAdmin(coordinatorDir);
    this.admin = () => this.#admin;
  }

  static async start(root: string): Promise<TestFederation> {
    const dir = join(root, 'coordinator');
    await initCoordinator(dir, { federation: 'market', listen: '127.0.0.1:0', enrolmentListen: '127.0.0.1:0' });
    const config = join(dir, 'coordinator.toml');
    const text = readFileSync(config, 'utf8')
      .replace(/settle_ms = \d+/, 'settle_ms = 0')
      .replace(/disconnect_grace_ms = \d+/, 'disconnect_grace_ms = 50')
      .replace(/retry_delay_ms = \d+/, 'retry_delay_ms = 10');
    writeFileSync(config, text);
    const noiseRatios: number[] = [];
    const applied: NonNullable<CoordinatorOptions['applySum']> = async ({ model, ...release }) => {
      noiseRatios.push(release.noiseRatio);
      return encodeModel(applySum({ ...release, model: decodeModel(model) }));
    };
    const coordinator = await startCoordinator({ dir, logger: silent, applySum: applied });
    return new TestFederation(root, dir, coordinator, noiseRatios);
  }

  dir(name: string): string {
    return join(this.root, name);
  }

  /** Where the rounds service listens. */
  get address(): string {
    return this.#coordinator.address;
  }

  /** Writes an invite file. */
  async invite(merchant: string): Promise<string> {
    const invite = await this.#admin.createInvite({ merchant, validForMs: 60 * MINUTE_MS });
    const file = join(this.root, `${merchant}.invite`);
    writeFileSync(
      file,
      formatInvite({
        federation: invite.federation,
        merchant,
        address: invite.address,
        enrolmentAddress: invite.enrolmentAddress,
        token: invite.token,
        expiresAtMs: invite.expiresAtMs,
        contractKey: invite.contractKey,
        authority: certificatePem(invite.authority),
      }),
    );
    return file;
  }

  /** Joins merchants with small shops, and has each pin all others. */
  async enrol(names: readonly string[], options: { readonly shoppers?: number } = {}): Promise<void> {
    for (const [seed, name] of names.entries()) {
      const shop = writeShop(join(this.root, `${name}-shop`), { shoppers: options.shoppers ?? 40, seed });
      await joinFederation({ dir: this.dir(name), invite: await this.invite(name), ...shop });
    }
    for (const name of names) {
      const members = names.filter((other) => other !== name).map((other) => ({ name: other }));
      await pinShownMembers({ dir: this.dir(name), members });
    }
  }

  /** Replaces a merchant's policy.toml. */
  setPolicy(name: string, text: string): void {
    writeFileSync(statePaths(this.dir(name)).policy, text);
  }

  /** Starts a client in this process; its trainer shares the process too unless another is given. */
  run(name: string, options: Partial<RunOptions> = {}): RunningClient {
    const stop = new AbortController();
    const events: ClientEvent[] = [];
    const waiting = new Set<(event: ClientEvent) => void>();
    const finished = runClient({
      dir: this.dir(name),
      logger: silent,
      signal: stop.signal,
      trainer: sessionTrainer(this.dir(name)),
      backoff: { initialMs: 20, maximumMs: 200 },
      onEvent: (event) => {
        events.push(event);
        for (const tell of [...waiting]) tell(event);
      },
      ...options,
    });
    finished.catch(() => undefined);
    const client: RunningClient = {
      name,
      events,
      until: (fits) =>
        new Promise((resolve, reject) => {
          finished.catch(reject);
          const tell = (event: ClientEvent): void => {
            if (!fits(event)) return;
            waiting.delete(tell);
            resolve(event);
          };
          waiting.add(tell);
          for (const event of [...events]) tell(event);
        }),
      stop: async () => {
        this.#running.delete(client);
        stop.abort();
        return finished;
      },
    };
    this.#running.add(client);
    return client;
  }

  /** Submits the default jobs for so many merchants; all of them must come. */
  async submit(kinds: readonly JobKind[], options: SubmitOptions): Promise<PlannedJob[]> {
    const { merchants, epsilon } = options;
    const jobs = planJobs({
      jobs: kinds,
      privacy: epsilon === undefined ? 'none' : { epsilon, delta: 1e-6 },
      roster: {
        minimumMerchants: options.minimumMerchants ?? merchants,
        colluders: 1,
        minimumSurvivors: 3,
        maximumMerchants: merchants,
      },
      expectedShoppers: 32 * merchants,
      catalogues: [],
      noiseStrategy: options.noiseStrategy,
      deadlines: {
        advertiseMs: 8_000,
        openMs: 8_000,
        shareMs: 8_000,
        inputMs: 8_000,
        agreeMs: 8_000,
        unmaskMs: 8_000,
        ...options.deadlines,
      },
    });
    for (const job of jobs) {
      const template = { ...job.template, job: options.job ?? job.job };
      await this.#admin.submitJob({ template, model: job.model });
    }
    return jobs;
  }

  /** Asks until so many merchants are connected. */
  async whenConnected(merchants: number): Promise<void> {
    for (;;) {
      const listed = await this.#admin.listMerchants();
      if (listed.filter(({ connected }) => connected).length === merchants) return;
    }
  }

  /** Asks until some round is in a phase. */
  async whenPhase(phase: Phase): Promise<void> {
    for (;;) {
      const { rounds } = await this.#admin.status();
      if (rounds.some((round) => round.phase === phase)) return;
    }
  }

  /**
   * Stops the coordinator and starts it again on the same ports.
   * @param meanwhile may change its directory
   */
  async restartCoordinator(meanwhile: (dir: string) => void = () => undefined): Promise<void> {
    const [rounds, enrolment] = [this.#coordinator.address, this.#coordinator.enrolmentAddress];
    this.#admin.close();
    await this.#coordinator.close();
    meanwhile(this.#coordinatorDir);
    const config = join(this.#coordinatorDir, 'coordinator.toml');
    const port = (address: string): string => address.slice(address.lastIndexOf(':') + 1);
    const text = readFileSync(config, 'utf8')
      .replace(/rounds = "127.0.0.1:\d+"/, `rounds = "127.0.0.1:${port(rounds)}"`)
      .replace(/enrolment = "127.0.0.1:\d+"/, `enrolment = "127.0.0.1:${port(enrolment)}"`);
    writeFileSync(config, text);
    this.#coordinator = await startCoordinator({ dir: this.#coordinatorDir, logger: silent });
    this.#admin = openAdmin(this.#coordinatorDir);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#running].map((client) => client.stop()));
    this.#admin.close();
    await this.#coordinator.close();
  }
}

/** What a test's job is like. */
export interface SubmitOptions {
  /** Most merchants, and fewest unless `minimumMerchants` says otherwise. */
  readonly merchants: number;
  readonly minimumMerchants?: number;
  /** Undefined: no noise. */
  readonly epsilon?: number;
  readonly noiseStrategy?: 'removable' | 'local';
  readonly deadlines?: { readonly inputMs?: number };
  /** Another name than the plan's. */
  readonly job?: string;
}

/** The worker's own session, in this thread: the same code without the seconds that a thread takes to start. */
export function sessionTrainer(dir: string): Trainer {
  const session = new ShopSession(workerSettings(openClient(dir)));
  return {
    prepare: (request) => session.prepare(request),
    load: async () => (await session.load()).report,
    evaluate: (models) => session.evaluate(models),
    close: () => Promise.resolve(),
  };
}

/** A trainer that is never done. */
export const neverReady: Trainer = {
  prepare: (_request, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  load: () => Promise.reject(new Error('not asked for')),
  evaluate: () => Promise.reject(new Error('not asked for')),
  close: () => Promise.resolve(),
};

/** Fits the end of a job. */
export const jobEnded = (event: ClientEvent): boolean => event.kind === 'job-ended';
/** Fits the end of a round, in one way if one is named. */
export const roundEnded =
  (outcome?: string) =>
  (event: ClientEvent): boolean =>
    event.kind === 'round-ended' && (outcome === undefined || event.outcome.kind === outcome);

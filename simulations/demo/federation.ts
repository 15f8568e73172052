import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'smol-toml';
import { certificatePem, formatInvite, pinShownMembers, statePaths } from '../../client/index.js';
import { openAdmin } from '../../coordinator/index.js';
import type { Admin } from '../../coordinator/index.js';
import { taskName } from '../../federation/index.js';
import type { TaskName } from '../../federation/index.js';
import { mapLimited } from './concurrency.js';
import type { DemoJobs } from './jobs.js';
import { strategiesOf } from './options.js';
import type { DemoOptions, DemoProgress } from './options.js';
import { ProcessGroup } from './processes.js';
import type { RunningProcess } from './processes.js';
import type { DemoShop, DemoShops } from './shops.js';

/** Processes that start at the same time: more only wait for each other's cores. */
const AT_ONCE = 2;
const INVITE_VALID_MS = 3_600_000;
const POLL_MS = 100;

/** Where everything of a demo lies. */
export interface DemoFolders {
  readonly root: string;
  readonly coordinator: string;
  readonly shops: string;
  readonly cache: string;
  readonly logs: string;
  readonly client: (merchant: string) => string;
}

/** Makes the folders of a demo below an existing one. */
export function demoFolders(root: string): DemoFolders {
  const folders = {
    root,
    coordinator: join(root, 'coordinator'),
    shops: join(root, 'shops'),
    cache: join(root, 'cache'),
    logs: join(root, 'logs'),
    client: (merchant: string) => join(root, 'merchants', merchant),
  };
  for (const folder of [folders.shops, folders.cache, folders.logs, join(root, 'merchants')]) mkdirSync(folder);
  return folders;
}

/** What a federation of processes is made with. */
export type FederationOptions = Pick<DemoOptions, 'command' | 'privacy' | 'noiseStrategy' | 'signal'>;

/** A federation of real processes on this machine. */
export class DemoFederation {
  readonly #folders: DemoFolders;
  readonly #options: FederationOptions;
  readonly #progress: DemoProgress;
  readonly #processes: ProcessGroup;
  readonly #clients = new Map<string, RunningProcess>();
  readonly #failures: Promise<never>[] = [];
  #admin: Admin | undefined;
  #coordinator: RunningProcess | undefined;

  constructor(folders: DemoFolders, options: FederationOptions, progress: DemoProgress) {
    this.#folders = folders;
    this.#options = options;
    this.#progress = progress;
    this.#processes = new ProcessGroup(options.command, folders.logs);
  }

  /** The administrator's hands on the coordinator, once it runs. */
  get admin(): Admin {
    if (this.#admin === undefined) throw new Error('the coordinator has not been started');
    return this.#admin;
  }

  /** Rejects when a process of the federation dies that nobody killed. */
  get failure(): Promise<never> {
    return Promise.race(this.#failures);
  }

  /** Process ids by name: `coordinator` and the merchants'. */
  get pids(): ReadonlyMap<string, number> {
    const running = [...(this.#coordinator === undefined ? [] : [this.#coordinator]), ...this.#clients.values()];
    return new Map(running.map(({ name, pid }) => [name, pid]));
  }

  /** Makes the coordinator's certificates and starts it. */
  async startCoordinator(): Promise<void> {
    const { coordinator } = this.#folders;
    const local = '127.0.0.1:0';
    await this.#run('coordinator-init', [
      ...['coordinator', 'init', '--dir', coordinator, '--federation', 'demo'],
      ...['--listen', local, '--enrolment-listen', local, '--public-host', 'localhost'],
    ]);
    const process = this.#processes.start('coordinator', ['coordinator', 'run', '--dir', coordinator]);
    this.#coordinator = process;
    this.#failures.push(process.failure);
    await process.event(({ event }) => event === 'listening');
    this.#admin = openAdmin(coordinator);
  }

  /** Invites every merchant and lets it join; then each pins the others, as their people would after comparing. */
  async enrol({ shops }: Pick<DemoShops, 'shops'>, jobs: Pick<DemoJobs, 'floors' | 'planned'>): Promise<void> {
    const fingerprints = new Map<string, string>();
    await mapLimited(shops, AT_ONCE, async (shop) => {
      fingerprints.set(shop.name, await this.#join(shop));
      await this.#configure(shop, jobs);
      this.#progress.update(`${fingerprints.size} of ${shops.length} merchants have joined`);
    });
    this.#progress.say(`${shops.length} merchants have joined, each with its own keys and certificate.`);
    const others = [...fingerprints].map(([name, expectedFingerprint]) => ({ name, expectedFingerprint }));
    await mapLimited(shops, AT_ONCE, ({ name }) =>
      pinShownMembers({
        dir: this.#folders.client(name),
        members: others.filter((other) => other.name !== name),
        signal: this.#options.signal,
      }),
    );
    this.#progress.say('Every merchant has compared and pinned the fingerprints of the others.');
  }

  /** Starts clients and waits until the coordinator sees them. */
  async startClients(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const process = this.#processes.start(name, ['client', 'run', '--dir', this.#folders.client(name)]);
      this.#clients.set(name, process);
      this.#failures.push(process.failure);
    }
    for (;;) {
      const merchants = await Promise.race([this.failure, this.admin.listMerchants()]);
      const missing = names.filter((name) => !merchants.some((other) => other.merchant === name && other.connected));
      if (missing.length === 0) return;
      this.#progress.update(`${names.length - missing.length} of ${names.length} clients are connected`);
      await Promise.race([this.failure, delay(POLL_MS, undefined, { signal: this.#options.signal })]);
    }
  }

  /** A client's process dies on the spot. */
  async killClient(name: string): Promise<void> {
    await this.#clients.get(name)?.kill();
  }

  /** Waits until a client has downloaded a version of a job's model. */
  async awaitModel(merchant: string, model: { readonly job: string; readonly version: number }): Promise<void> {
    await this.#clients
      .get(merchant)
      ?.event(({ event, job, version }) => event === 'model' && job === model.job && version === model.version);
  }

  /** Asks every client for its own line of the table. */
  async evaluate(names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    const lines = new Map<string, unknown>();
    await mapLimited(names, AT_ONCE, async (name) => {
      this.#progress.update(`evaluating at each merchant: ${lines.size} of ${names.length}`);
      lines.set(name, await this.#run(`${name}-evaluate`, ['client', 'evaluate', '--dir', this.#folders.client(name)]));
    });
    return lines;
  }

  /** Ends every client's process, and lets the coordinator go on. */
  async stopClients(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.stop()));
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.#admin?.close();
    await this.#processes.stop();
  }

  async #join({ name, files }: DemoShop): Promise<string> {
    const invite = await this.admin.createInvite({ merchant: name, validForMs: INVITE_VALID_MS });
    const file = join(this.#folders.root, `${name}.invite`);
    const content = formatInvite({ ...invite, merchant: name, authority: certificatePem(invite.authority) });
    await writeFile(file, content, { mode: 0o600 });
    const joined = await this.#run(`${name}-join`, [
      ...['client', 'join', '--dir', this.#folders.client(name), '--invite', file],
      ...['--items', files.items, '--events', files.events],
    ]);
    if (typeof joined === 'object' && joined !== null && 'fingerprint' in joined) return String(joined.fingerprint);
    throw new Error(`client join printed no fingerprint for ${name}`);
  }

  async #configure(
    { name, catalogue }: DemoShop,
    { floors, planned }: Pick<DemoJobs, 'floors' | 'planned'>,
  ): Promise<void> {
    const { privacy, noiseStrategy } = this.#options;
    const runs = strategiesOf(noiseStrategy).length;
    const paths = statePaths(this.#folders.client(name));
    // The text index is public and the same for all: computed once for the whole machine.
    const config = await readFile(paths.config, 'utf8');
    await writeFile(paths.config, `${stringify({ cache: this.#folders.cache })}\n${config}`);
    const ceilings =
      privacy === 'none'
        ? { allow_without_noise: true }
        : {
            epsilon_per_round: privacy.epsilon,
            epsilon_per_job: privacy.epsilon,
            epsilon_per_period: runs * privacy.epsilon,
            epsilon_total: runs * privacy.epsilon,
            maximum_delta: privacy.delta,
          };
    await writeFile(
      paths.policy,
      stringify({
        minimum_merchants: floors.minimumMerchants,
        minimum_colluders: floors.colluders,
        minimum_survivors: floors.minimumSurvivors,
        allowed_catalogues: [catalogue],
        allowed_tasks: tasksOf(planned),
        ...ceilings,
      }),
    );
  }

  #run(name: string, args: readonly string[]): Promise<unknown> {
    return this.#processes.run(name, args, this.#options.signal);
  }
}

/** The tasks that merchants who came for these jobs allow. */
function tasksOf(planned: DemoJobs['planned']): TaskName[] {
  const tasks = planned.flatMap(({ template }) => (template.task?.task === undefined ? [] : [template.task.task]));
  return [...new Set(tasks.map(taskName))];
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pino } from 'pino';

import { initCoordinator, openAdmin, startCoordinator, statePaths } from '../../../coordinator/index.js';
import type { Admin, Coordinator, CoordinatorOptions } from '../../../coordinator/index.js';
import { wordsToBytes } from '../../../crypto/index.js';
import { Contract } from '../../../proto/index.js';
import { ManualClock } from './clock.js';
import { TestMerchant } from './merchant.js';

/** Silent, because refusals are what these tests are about. */
export const logger = pino({ level: process.env.GUILDHALL_TEST_LOG ?? 'silent' });

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A job's contract template without noise, over vectors of length d. */
export function template(job: string, overrides: Partial<Contract> = {}): Contract {
  return Contract.fromPartial({
    job,
    steps: 1,
    task: { task: { $case: 'rerankerNewton', value: { ridge: 1, servingWeight: 1 } } },
    roster: { minimumMerchants: 4, colluders: 1, minimumSurvivors: 3, maximumMerchants: 16 },
    dimension: 1000,
    ringBits: 32,
    privacy: {
      mechanism: { $case: 'none', value: { clipNorm: 1, samplingRate: 1 } },
      delta: 0,
      shopperMultiplicity: 1,
    },
    deadlines: {
      advertiseMs: 60_000,
      openMs: 60_000,
      shareMs: 60_000,
      inputMs: 60_000,
      agreeMs: 60_000,
      unmaskMs: 60_000,
    },
    ...overrides,
  });
}

/** The sum itself is the next model: exactness shows in its bytes. */
export const sumIsModel: NonNullable<CoordinatorOptions['applySum']> = ({ sum }) =>
  Promise.resolve(Buffer.from(wordsToBytes(sum)));

/** A coordinator in a temporary directory with its merchants, all in this process. */
export class TestFederation {
  readonly root: string;
  readonly dir: string;
  // Starts now: TLS checks certificates by the real clock.
  readonly clock = new ManualClock(Date.now());
  readonly merchants: TestMerchant[] = [];
  #coordinator: Coordinator | undefined;
  #admin: Admin | undefined;

  private constructor(root: string) {
    this.root = root;
    this.dir = join(root, 'state');
  }

  static async create(): Promise<TestFederation> {
    const federation = new TestFederation(mkdtempSync(join(tmpdir(), 'guildhall-coordinator-')));
    await initCoordinator(federation.dir, {
      federation: 'test',
      listen: `127.0.0.1:${await freePort()}`,
      enrolmentListen: `127.0.0.1:${await freePort()}`,
      nowMs: Date.now(),
    });
    return federation;
  }

  get coordinator(): Coordinator {
    if (this.#coordinator === undefined) throw new Error('not started');
    return this.#coordinator;
  }

  get admin(): Admin {
    return (this.#admin ??= openAdmin(this.dir));
  }

  /** Changes lines of coordinator.toml. */
  configure(from: RegExp, to: string): void {
    const path = statePaths(this.dir).config;
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  }

  async start(options: Partial<CoordinatorOptions> = {}): Promise<void> {
    this.#coordinator = await startCoordinator({
      dir: this.dir,
      logger,
      clock: this.clock,
      applySum: sumIsModel,
      checkJob: () => undefined,
      ...options,
    });
  }

  /** Stops the coordinator as SIGTERM would. */
  async stop(): Promise<void> {
    this.#admin?.close();
    this.#admin = undefined;
    await this.#coordinator?.close();
    this.#coordinator = undefined;
  }

  /** Invites and enrols merchants m00, m01, …; each one's vector is filled from its number. */
  async join(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const name = `m${String(i).padStart(2, '0')}`;
      const merchant = await TestMerchant.join(
        await this.admin.createInvite({ merchant: name, validForMs: 3_600_000 }),
      );
      merchant.vectorOf = ({ dimension }) => vectorOf(i, dimension);
      this.merchants.push(merchant);
    }
    const members = new Map(this.merchants.map(({ name, identity }) => [name, identity.publicKey]));
    for (const merchant of this.merchants) merchant.members = members;
  }

  /** Everybody connects. */
  watch(): void {
    for (const merchant of this.merchants) merchant.watch();
  }

  /** Everybody connects anew, after a restart. */
  reconnect(): void {
    for (const merchant of this.merchants) merchant.reconnect(this.coordinator.address);
  }

  /** Ends everything and removes the directory. */
  async destroy(): Promise<void> {
    for (const merchant of this.merchants) merchant.vanish();
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A merchant's vector: full-range words, so that sums wrap. */
export function vectorOf(merchant: number, dimension: number): Uint32Array {
  return Uint32Array.from({ length: dimension }, (_, i) => Math.imul(merchant + 1, 2_654_435_761) + i);
}

/** Σ of merchants' vectors mod 2^32, as bytes. */
export function expectedSum(merchants: readonly number[], dimension: number): Buffer {
  const sum = new Uint32Array(dimension);
  for (const merchant of merchants) {
    vectorOf(merchant, dimension).forEach((word, i) => (sum[i] = (sum[i] ?? 0) + word));
  }
  return Buffer.from(wordsToBytes(sum));
}

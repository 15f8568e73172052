import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportBudget, statePaths } from '../../../client/index.js';
import type { Leniency } from '../../crypto/secagg/lenient-client.js';
import type { Sent } from './inbox.js';
import type { HostilePlatform } from './hostile-platform.js';
import { LenientMerchant } from './lenient-merchant.js';
import { RealMerchant } from './real-merchant.js';

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
      this.#lenient.set(name, new LenientMerchant(platform.dir(name), leniency));
    }
    for (const name of real) {
      const dir = this.dir(name);
      cpSync(platform.dir(name), dir, { recursive: true });
      if (policy !== undefined) writeFileSync(statePaths(dir).policy, policy);
      prepare?.(dir);
      this.#real.set(name, new RealMerchant(name, dir));
    }
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
    const sent = this.#platform.coordinator.inbox.received.filter(({ merchant }) => merchant === name);
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

  /** Stops a real client, changes its directory, and starts it again at the same time of its clock. */
  async restart(name: string, between: (dir: string) => void = () => undefined): Promise<void> {
    const before = this.real(name);
    await before.outcome();
    await before.stop();
    between(this.dir(name));
    await this.#platform.coordinator.parted(name);
    this.#real.set(name, new RealMerchant(name, this.dir(name), before.clock));
    await this.#platform.coordinator.connected([name]);
  }

  /** What a merchant sent, in order, without the refusals. */
  sent(name: string): Sent[] {
    return this.#platform.coordinator.inbox.received
      .filter(({ merchant, step }) => merchant === name && step !== 'decline')
      .map(({ step }) => step);
  }

  async leave(): Promise<void> {
    await Promise.all([...this.#real.values(), ...this.#lenient.values()].map((merchant) => merchant.stop()));
    this.#platform.coordinator.disconnect();
  }
}

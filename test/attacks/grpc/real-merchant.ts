import { pino } from 'pino';
import { runClient } from '../../../client/index.js';
import type { ClientEvent, RoundOutcome } from '../../../client/index.js';
import type { Trainer } from '../../../client/training/trainer.js';
import { ManualClock } from '../../client/manual-clock.js';
import { contributionOf } from './contribution.js';

/** The real client of one merchant; only its data and its clock are the test's. */
export class RealMerchant {
  readonly name: string;
  /** Stands still unless moved, so that no deadline passes by itself. */
  readonly clock: ManualClock;
  readonly events: ClientEvent[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  constructor(name: string, dir: string, clock = new ManualClock(Date.now())) {
    this.name = name;
    this.clock = clock;
    const trainer: Trainer = {
      prepare: ({ terms, rosterSize }) => Promise.resolve(contributionOf(name, terms, { rosterSize })),
      load: () => Promise.reject(new Error('not asked for')),
      evaluate: () => Promise.reject(new Error('not asked for')),
      close: () => Promise.resolve(),
    };
    this.#run = runClient({
      dir,
      logger: pino({ level: 'silent' }),
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

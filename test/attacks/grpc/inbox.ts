import type { Envelope } from '../../../proto/index.js';

/** What a merchant does in a round that a coordinator can see. */
export type Sent = 'advertise' | 'open' | 'share' | 'input' | 'agree' | 'unmask' | 'decline';

/** One message of a merchant. */
export interface Received {
  readonly merchant: string;
  readonly step: Sent;
  readonly envelope: Envelope | undefined;
  /** The code of a refusal: all that it says. */
  readonly code: string;
}

/** Everything that merchants have sent in one round, in the order of arrival; tests wait for more of it. */
export class Inbox {
  #received: Received[] = [];
  #uploads: { readonly merchant: string; readonly words: Uint32Array }[] = [];
  readonly #waiting = new Set<() => void>();

  get received(): readonly Received[] {
    return this.#received;
  }

  /** Forgets everything, for the next round. */
  clear(): void {
    this.#received = [];
    this.#uploads = [];
  }

  note(message: Received): void {
    this.#received.push(message);
    this.wake();
  }

  noteUpload(merchant: string, words: Uint32Array): void {
    this.#uploads.push({ merchant, words });
  }

  /** The masked vectors that a merchant uploaded, in order. */
  uploads(merchant: string): Uint32Array[] {
    return this.#uploads.filter((one) => one.merchant === merchant).map(({ words }) => words);
  }

  /** The newest envelope of a step by merchant, in the order of names. */
  envelopes(step: Sent): Map<string, Envelope> {
    const found = new Map<string, Envelope>();
    for (const { merchant, step: its, envelope } of this.#received) {
      if (its === step && envelope !== undefined) found.set(merchant, envelope);
    }
    return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** How often a merchant sent something at a step. */
  times(merchant: string, step: Sent): number {
    return this.#received.filter((one) => one.merchant === merchant && one.step === step).length;
  }

  /** Waits until something holds; looked at again whenever something has come, and after {@link Inbox.wake}. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

import { sameEnvelope } from '../dsse.js';
import type { Envelope } from '../dsse.js';
import type { MessageKind } from './messages.js';
import { compareMerchants, refuse } from './refusal.js';

/** An accepted message: the bytes as received, and what they say. */
export interface Accepted<T> {
  readonly envelope: Envelope;
  readonly message: T;
}

/** What the coordinator has accepted at one step: at most one message a merchant. */
export class StepRecord<T extends { merchant: string }> {
  readonly kind: MessageKind<T>;
  readonly #accepted = new Map<string, Accepted<T>>();
  #sorted: readonly Accepted<T>[] | undefined;

  constructor(kind: MessageKind<T>) {
    this.kind = kind;
  }

  has(merchant: string): boolean {
    return this.#accepted.has(merchant);
  }

  get(merchant: string): T | undefined {
    return this.#accepted.get(merchant)?.message;
  }

  add(envelope: Envelope, message: T): void {
    this.#accepted.set(message.merchant, { envelope, message });
    this.#sorted = undefined;
  }

  /**
   * Whether the merchant has sent these very bytes before.
   *
   * @throws GuildhallError SECAGG_SECOND_UPLOAD if it has sent others
   */
  isRepeat(merchant: string, envelope: Envelope): boolean {
    const before = this.#accepted.get(merchant);
    if (before === undefined) return false;
    if (!sameEnvelope(before.envelope, envelope)) {
      refuse('SECAGG_SECOND_UPLOAD', `${merchant} sent a second, different message for one step`, { merchant });
    }
    return true;
  }

  /** In merchant order, whatever the order of arrival was. */
  inOrder(): readonly Accepted<T>[] {
    return (this.#sorted ??= [...this.#accepted.values()].sort((a, b) =>
      compareMerchants(a.message.merchant, b.message.merchant),
    ));
  }
}

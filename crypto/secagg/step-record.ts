import { envelopeDigest } from '../dsse.js';
import type { Envelope } from '../dsse.js';
import { equalBytes } from '../bytes.js';
import type { MessageReader } from './messages.js';
import { compareMerchants, refuse } from './refusal.js';

/** A message that goes on to other merchants as its sender signed it. */
export interface Forwarded {
  readonly merchant: string;
  readonly envelope: Envelope;
}

/** Keeps of a message what goes on to other merchants. */
export function forwarded({ merchant }: { readonly merchant: string }, envelope: Envelope): Forwarded {
  return { merchant, envelope };
}

/**
 * What the coordinator has accepted at one step: at most one message a merchant. Of each it keeps what later steps need,
 * and a digest by which it knows the message again.
 */
export class StepRecord<T extends { readonly merchant: string }, K extends { readonly merchant: string }> {
  readonly kind: MessageReader<T>;
  readonly #keep: (message: T, envelope: Envelope) => K;
  readonly #accepted = new Map<string, { readonly digest: Buffer; readonly kept: K }>();
  #sorted: readonly K[] | undefined;

  /** @param keep what later steps need of a message */
  constructor(kind: MessageReader<T>, keep: (message: T, envelope: Envelope) => K) {
    this.kind = kind;
    this.#keep = keep;
  }

  has(merchant: string): boolean {
    return this.#accepted.has(merchant);
  }

  get(merchant: string): K | undefined {
    return this.#accepted.get(merchant)?.kept;
  }

  add(envelope: Envelope, message: T): void {
    const kept = this.#keep(message, envelope);
    this.#accepted.set(message.merchant, { digest: envelopeDigest(envelope), kept });
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
    if (!equalBytes(before.digest, envelopeDigest(envelope))) {
      refuse('SECAGG_SECOND_UPLOAD', `${merchant} sent a second, different message for one step`, { merchant });
    }
    return true;
  }

  /** In merchant order, whatever the order of arrival was. */
  inOrder(): readonly K[] {
    return (this.#sorted ??= [...this.#accepted.values()]
      .map(({ kept }) => kept)
      .sort((a, b) => compareMerchants(a.merchant, b.merchant)));
  }
}

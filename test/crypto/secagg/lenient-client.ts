import { AgreementKey, applyMasks, packInPlace, sha256 } from '../../../crypto/index.js';
import type {
  AgreementOutput,
  ClientInput,
  ClientOptions,
  ClientOutput,
  Envelope,
  Mask,
  MaskedOutput,
  OpeningOutput,
  SharingOutput,
  SigningKey,
} from '../../../crypto/index.js';
import { dealShares, openShares } from '../../../crypto/secagg/dealing.js';
import { NeighbourGraph } from '../../../crypto/secagg/graph.js';
import type { SharePair } from '../../../crypto/secagg/held-shares.js';
import {
  ADVERTISEMENT,
  AGREEMENT,
  MASKED_INPUT,
  OPENING,
  SHARING,
  UNMASKING,
  decodeUnverified,
  sealMessage,
} from '../../../crypto/secagg/messages.js';
import { thresholds } from '../../../crypto/secagg/parameters.js';
import { pairwiseMask } from '../../../crypto/secagg/pairwise.js';
import type { RosterEntry, RosterView } from '../../../crypto/secagg/roster.js';
import {
  coinCommitment,
  inputsHash,
  selfMaskCommitment,
  sharersHash,
  survivorsHash,
  transcriptOf,
} from '../../../crypto/secagg/transcript.js';
import { ShareKind } from '../../../proto/index.js';
import type { Coins, Delivery, RevealedShare, Roster, Survivors } from '../../../proto/index.js';
import type { Merchant, Party } from './setting.js';

/** How a lenient client departs from the protocol. */
export interface Leniency {
  /** What τ depends on: the contract only, as if rosters need not agree, or both, as the protocol says. */
  readonly binding: 'contract' | 'roster';
  /** Whom it masks with: all of U2, as the protocol says, or only those whose boxes it could open. */
  readonly masksWith?: 'sharers' | 'dealers';
  /** Whose boxes it opens: the sender's that a box is labelled with, as the protocol says, or whoever's fits. */
  readonly opens?: 'the-sender’s' | 'anybody’s';
  /** Deals shares of this secret instead of the one that it masks with. */
  readonly dealsInstead?: { readonly selfMask: Uint8Array } | { readonly maskSecret: Uint8Array };
}

/**
 * A merchant that speaks the protocol and refuses nothing: no signature, list, floor, quorum or repetition is looked at.
 * It is every attack's positive control, and plays the colluders and liars.
 */
export class LenientClient implements Party {
  readonly merchant: Merchant;
  readonly advertisement: Envelope;
  readonly maskKey: AgreementKey;
  /** b, 32 bytes. */
  readonly selfMask: Uint8Array;
  /** By dealer. */
  readonly held = new Map<string, SharePair>();
  readonly #options: ClientOptions;
  readonly #leniency: Leniency;
  readonly #boxKey: AgreementKey;
  readonly #coin: Uint8Array;
  #view: RosterView | undefined;
  #graph: NeighbourGraph | undefined;
  #sharers: readonly string[] = [];
  #survivors: readonly string[] = [];

  constructor(options: ClientOptions, merchant: Merchant, leniency: Leniency = { binding: 'contract' }) {
    this.#options = options;
    this.#leniency = leniency;
    this.merchant = merchant;
    this.#boxKey = AgreementKey.generate(options.random);
    this.maskKey = AgreementKey.generate(options.random);
    this.selfMask = options.random.bytes(32);
    this.#coin = options.random.bytes(32);
    const message = {
      contractSha256: Buffer.from(options.terms.contractSha256),
      merchant: merchant.name,
      boxPublicKey: Buffer.from(this.#boxKey.publicKey),
      maskPublicKey: Buffer.from(this.maskKey.publicKey),
      coinCommitment: coinCommitment(merchant.name, this.#coin),
    };
    this.advertisement = sealMessage(ADVERTISEMENT, message, options.identity);
  }

  get view(): RosterView {
    if (this.#view === undefined) throw new Error('no roster yet');
    return this.#view;
  }

  get graph(): NeighbourGraph {
    if (this.#graph === undefined) throw new Error('no neighbours yet');
    return this.#graph;
  }

  receive(message: ClientInput): ClientOutput {
    switch (message.step) {
      case 'roster':
        return this.#takeRoster(message.roster);
      case 'coins':
        return this.#share(NeighbourGraph.sparse(this.view, coinsOf(message.coins)));
      case 'delivery':
        this.#take(message.delivery);
        return { kind: 'sharers', rosterSize: this.view.entries.length, sharers: this.#sharers };
      case 'input':
        return this.#mask(message.vector);
      case 'survivors':
        return this.#agree(message.survivors);
      case 'agreements':
        return { kind: 'unmasking', unmasking: this.#unmask(message.attachment) };
    }
  }

  #takeRoster(roster: Roster): OpeningOutput | SharingOutput {
    const view = lenientView(roster, this.#options, this.#leniency.binding);
    this.#view = view;
    if (view.thresholds.edgeProbability === 1) return this.#share(NeighbourGraph.complete(view));
    const message = { transcript: view.transcript, merchant: this.merchant.name, coin: Buffer.from(this.#coin) };
    return { kind: 'opening', opening: sealMessage(OPENING, message, this.#options.identity) };
  }

  #share(graph: NeighbourGraph): SharingOutput {
    const { random, identity } = this.#options;
    this.#graph = graph;
    const { view } = this;
    const { transcript } = view;
    const { name: dealer } = this.merchant;
    const holders = graph.neighbours(dealer);
    const secrets = { selfMask: this.selfMask, maskSecret: this.maskKey.secret, ...this.#leniency.dealsInstead };
    const shares = dealShares({ view, dealer, holders, boxKey: this.#boxKey, ...secrets, random });
    const commitment = selfMaskCommitment(transcript, dealer, this.selfMask);
    const message = { transcript, merchant: dealer, selfMaskCommitment: commitment, shares };
    return { kind: 'sharing', sharing: sealMessage(SHARING, message, identity) };
  }

  #take(delivery: Delivery): void {
    this.#sharers = delivery.sharers;
    const { transcript } = this.view;
    for (const delivered of delivery.shares) {
      const { sender } = delivered;
      const dealers = this.#leniency.opens === 'anybody’s' ? this.view.entries : [this.view.byMerchant.get(sender)];
      for (const dealer of dealers) {
        if (dealer === undefined) continue;
        const pair = openShares({ transcript, dealer, holder: this.merchant.name, boxKey: this.#boxKey, delivered });
        if (pair !== undefined) this.held.set(sender, pair);
      }
    }
  }

  #mask(vector: Uint32Array): MaskedOutput {
    const { terms, identity } = this.#options;
    const { ringBits, dimension } = terms;
    const { transcript } = this.view;
    applyMasks(vector, [{ key: this.selfMask, sign: 1 }], { ringBits });
    for (const peer of this.#sharers) {
      if (this.#leniency.masksWith === 'dealers' && !this.held.has(peer)) continue;
      if (this.graph.has(this.merchant.name, peer)) applyMasks(vector, [this.maskWith(peer)], { ringBits });
    }
    const packed = packInPlace(vector, ringBits);
    const message = {
      transcript,
      merchant: this.merchant.name,
      sharersHash: sharersHash(transcript, this.#sharers),
      vectorSha256: sha256(packed),
      dimension,
      ringBits,
    };
    return { kind: 'masked', input: sealMessage(MASKED_INPUT, message, identity), packed };
  }

  /** The mask that this merchant applies for a peer of its roster. */
  maskWith(peer: string): Mask {
    const { transcript } = this.view;
    const peerKey = entry(this.view, peer).maskKey;
    return pairwiseMask({ key: this.maskKey, peerKey, transcript, own: this.merchant.name, peer });
  }

  #agree(message: Survivors): AgreementOutput {
    const { transcript } = this.view;
    this.#survivors = message.inputs.map((input) => decodeUnverified(input, MASKED_INPUT).merchant);
    const agreement = {
      transcript,
      merchant: this.merchant.name,
      sharersHash: sharersHash(transcript, this.#sharers),
      survivorsHash: survivorsHash(transcript, this.#survivors),
      inputsHash: inputsHash(
        transcript,
        message.inputs.map(({ payload }) => payload),
      ),
    };
    return {
      kind: 'agreement',
      agreement: sealMessage(AGREEMENT, agreement, this.#options.identity),
      rosterSize: this.view.entries.length,
      sharers: this.#sharers,
      survivors: this.#survivors,
    };
  }

  #unmask(attachment: Uint8Array = new Uint8Array()): Envelope {
    const shares: RevealedShare[] = [];
    for (const [owner, pair] of this.held) {
      const kind = this.#survivors.includes(owner) ? 'self-mask' : 'mask-key';
      shares.push({
        owner,
        kind: kind === 'self-mask' ? ShareKind.SHARE_KIND_SELF_MASK : ShareKind.SHARE_KIND_MASK_KEY,
        share: Buffer.from(pair[kind].share),
        nonce: Buffer.from(pair[kind].nonce),
      });
    }
    const message = {
      transcript: this.view.transcript,
      merchant: this.merchant.name,
      shares,
      attachment: Buffer.from(attachment),
    };
    return sealMessage(UNMASKING, message, this.#options.identity);
  }
}

/** A roster as one sees it who checks nothing. */
export function lenientView(
  roster: Roster,
  { terms, thresholdRule = thresholds }: Pick<ClientOptions, 'terms' | 'thresholdRule'>,
  binding: Leniency['binding'] = 'contract',
): RosterView {
  const bound = binding === 'roster' ? roster.advertisements.map(({ payload }) => payload) : [];
  const entries = roster.advertisements.map((envelope, index): RosterEntry => {
    const {
      merchant,
      boxPublicKey,
      maskPublicKey,
      coinCommitment: commitment,
    } = decodeUnverified(envelope, ADVERTISEMENT);
    return {
      merchant,
      point: index + 1,
      identityKey: new Uint8Array(32),
      boxKey: boxPublicKey,
      maskKey: maskPublicKey,
      coinCommitment: commitment,
    };
  });
  return {
    entries,
    byMerchant: new Map(entries.map((one) => [one.merchant, one])),
    transcript: transcriptOf(terms.contractSha256, bound),
    thresholds: thresholdRule({ ...terms, merchants: entries.length }),
  };
}

/** An advertisement's keys replaced and signed by whoever replaces them. */
export function forgeMaskKey(advertisement: Envelope, maskKey: Uint8Array, forger: SigningKey): Envelope {
  const message = decodeUnverified(advertisement, ADVERTISEMENT);
  return sealMessage(ADVERTISEMENT, { ...message, maskPublicKey: Buffer.from(maskKey) }, forger);
}

function coinsOf({ coins }: Coins): ReadonlyMap<string, Uint8Array> {
  return new Map(coins.map(({ merchant, coin }) => [merchant, coin]));
}

function entry(view: RosterView, merchant: string): RosterEntry {
  const found = view.byMerchant.get(merchant);
  if (found === undefined) throw new Error(`${merchant} is not in the roster`);
  return found;
}

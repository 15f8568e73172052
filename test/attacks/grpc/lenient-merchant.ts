import { openClient, connect } from '../../../client/session.js';
import type { Connection } from '../../../client/session.js';
import { osRandom, sha256 } from '../../../crypto/index.js';
import type { SigningKey } from '../../../crypto/index.js';
import { compileTerms, secAggTermsOf } from '../../../federation/index.js';
import type { RoundTerms } from '../../../federation/index.js';
import { keyAfter } from '../../../federation/noise/component-chain.js';
import { Contract, Phase } from '../../../proto/index.js';
import type { RoundEvent } from '../../../proto/index.js';
import { LenientClient } from '../../crypto/secagg/lenient-client.js';
import type { Leniency } from '../../crypto/secagg/lenient-client.js';
import { answer } from '../../crypto/secagg/setting.js';
import { contributionOf } from './contribution.js';
import type { Contribution } from './contribution.js';

/** The round that a lenient merchant is in. */
interface Playing {
  readonly machine: LenientClient;
  readonly contract: Uint8Array;
  readonly terms: RoundTerms;
  /** n − |U3|, as it was told last. */
  missing: number;
  hasOpened: boolean;
}

/**
 * A merchant that talks to the coordinator as the real client does, from a real state directory, and does whatever it is
 * told: no signature, hash, list or repetition is looked at, and nothing is erased.
 */
export class LenientMerchant {
  readonly name: string;
  /** What it put into its uploads, in order. */
  readonly contributions: Contribution[] = [];
  /** The bytes of the model that it was given, whatever the contract names. */
  model: Uint8Array = new Uint8Array();
  readonly #connection: Connection;
  readonly #identity: SigningKey;
  readonly #leniency: Leniency;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #round: Playing | undefined;

  constructor(dir: string, leniency: Leniency) {
    const opened = openClient(dir);
    this.name = opened.state.merchant;
    this.#identity = opened.state.identity;
    this.#connection = connect(opened);
    this.#leniency = leniency;
    this.#watching = this.#watch();
    this.#watching.catch(() => undefined);
  }

  /** Its side of the protocol, with all that it knows. */
  get machine(): LenientClient {
    return this.#playing().machine;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#watching.catch(() => undefined);
    this.#connection.caller.close();
  }

  async #watch(): Promise<void> {
    for await (const { event } of this.#connection.api.watch({ signal: this.#stop.signal })) {
      if (event?.$case === 'round') await this.#follow(event.value);
      if (event?.$case === 'model') void this.#fetch(event.value.sha256).catch(() => undefined);
    }
  }

  #playing(): Playing {
    if (this.#round === undefined) throw new Error('no round yet');
    return this.#round;
  }

  async #follow({ phase, contract }: RoundEvent): Promise<void> {
    switch (phase) {
      case Phase.PHASE_ADVERTISING:
        if (contract !== undefined) await this.#advertise(contract.payload);
        break;
      case Phase.PHASE_OPENING:
        await this.#open(this.#playing());
        break;
      case Phase.PHASE_SHARING:
        await this.#share(this.#playing());
        break;
      case Phase.PHASE_COLLECTING:
        await this.#upload(this.#playing());
        break;
      case Phase.PHASE_AGREEING:
        await this.#agree(this.#playing());
        break;
      case Phase.PHASE_UNMASKING:
        await this.#unmask(this.#playing());
        break;
      default:
    }
  }

  async #fetch(sha256: Uint8Array): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#connection.api.downloadModel(sha256, {})) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async #open(round: Playing): Promise<void> {
    const { api } = this.#connection;
    const roster = await api.roster(round.contract, {});
    round.hasOpened = true;
    await api.open(round.contract, answer(round.machine, { step: 'roster', roster }, 'opening').opening, {});
  }

  async #share({ machine, contract, hasOpened }: Playing): Promise<void> {
    const { api } = this.#connection;
    const message = hasOpened
      ? ({ step: 'coins', coins: await api.coins(contract, {}) } as const)
      : ({ step: 'roster', roster: await api.roster(contract, {}) } as const);
    await api.share(contract, answer(machine, message, 'sharing').sharing, {});
  }

  async #upload({ machine, contract, terms }: Playing): Promise<void> {
    const { api } = this.#connection;
    const delivery = await api.delivery(contract, {});
    const { rosterSize } = answer(machine, { step: 'delivery', delivery }, 'sharers');
    const contribution = contributionOf(this.name, terms, { rosterSize, time: this.contributions.length });
    this.contributions.push(contribution);
    const vector = contribution.vector.slice();
    const { input, packed } = answer(machine, { step: 'input', vector }, 'masked');
    await api.upload(contract, { input, vector: packed, ledgerHead: Buffer.alloc(32, 1) }, {});
  }

  async #agree(round: Playing): Promise<void> {
    const { api } = this.#connection;
    const survivors = await api.survivors(round.contract, {});
    const signed = answer(round.machine, { step: 'survivors', survivors }, 'agreement');
    round.missing = signed.rosterSize - signed.survivors.length;
    await api.agree(round.contract, signed.agreement, {});
  }

  async #unmask({ machine, contract, missing }: Playing): Promise<void> {
    const { api } = this.#connection;
    const agreements = await api.agreements(contract, {});
    const key = this.contributions.at(-1)?.componentKey;
    const attachment = key === undefined ? new Uint8Array() : keyAfter(key, missing);
    await api.unmask(
      contract,
      answer(machine, { step: 'agreements', agreements, attachment }, 'unmasking').unmasking,
      {},
    );
  }

  async #advertise(payload: Buffer): Promise<void> {
    const { api } = this.#connection;
    const contract = sha256(payload);
    const terms = compileTerms(Contract.decode(payload));
    this.model = await this.#fetch(terms.modelSha256);
    const merchant = { name: this.name, identity: this.#identity, vector: new Uint32Array() };
    const options = { merchant: this.name, identity: this.#identity, random: osRandom };
    const unused = { members: new Map<string, Uint8Array>(), survivorsFloor: 0, colludersFloor: 0 };
    const machine = new LenientClient(
      { ...options, ...unused, terms: secAggTermsOf(terms, contract) },
      merchant,
      this.#leniency,
    );
    this.#round = { machine, contract, terms, missing: 0, hasOpened: false };
    await api.advertise(contract, machine.advertisement, {});
  }
}

import { openClient, connect } from '../../../client/session.js';
import type { Connection } from '../../../client/session.js';
import { osRandom, sha256 } from '../../../crypto/index.js';
import type { SigningKey } from '../../../crypto/index.js';
import { compileTerms, secAggTermsOf } from '../../../federation/index.js';
import { Contract, Phase } from '../../../proto/index.js';
import type { RoundEvent } from '../../../proto/index.js';
import { LenientClient } from '../../crypto/secagg/lenient-client.js';
import type { Leniency } from '../../crypto/secagg/lenient-client.js';
import { answer } from '../../crypto/secagg/setting.js';

/**
 * A merchant that talks to the coordinator as the real client does, from a real state directory, and does whatever it is
 * told: no signature, hash, list or repetition is looked at, and nothing is remembered or erased.
 */
export class LenientMerchant {
  readonly name: string;
  /** What it contributes; asked for at every upload. */
  vectorOf: () => Uint32Array;
  /** The bytes of the model that it was given, whatever the contract names. */
  model: Uint8Array = new Uint8Array();
  readonly #connection: Connection;
  readonly #identity: SigningKey;
  readonly #leniency: Leniency;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;
  #round: { readonly machine: LenientClient; readonly contract: Uint8Array } | undefined;

  constructor(dir: string, vectorOf: () => Uint32Array, leniency: Leniency) {
    const opened = openClient(dir);
    this.name = opened.state.merchant;
    this.#identity = opened.state.identity;
    this.#connection = connect(opened);
    this.vectorOf = vectorOf;
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
    }
  }

  #playing(): { readonly machine: LenientClient; readonly contract: Uint8Array } {
    if (this.#round === undefined) throw new Error('no round yet');
    return this.#round;
  }

  async #follow({ phase, contract }: RoundEvent): Promise<void> {
    if (phase === Phase.PHASE_ADVERTISING && contract !== undefined) {
      await this.#advertise(contract.payload);
      return;
    }
    const { api } = this.#connection;
    const { machine, contract: hash } = this.#playing();
    if (phase === Phase.PHASE_SHARING) {
      const roster = await api.roster(hash, {});
      await api.share(hash, answer(machine, { step: 'roster', roster }, 'sharing').sharing, {});
    } else if (phase === Phase.PHASE_COLLECTING) {
      machine.receive({ step: 'delivery', delivery: await api.delivery(hash, {}) });
      const { input, packed } = answer(machine, { step: 'input', vector: this.vectorOf() }, 'masked');
      await api.upload(hash, { input, vector: packed, ledgerHead: Buffer.alloc(32, 1) }, {});
    } else if (phase === Phase.PHASE_AGREEING) {
      const survivors = await api.survivors(hash, {});
      await api.agree(hash, answer(machine, { step: 'survivors', survivors }, 'agreement').agreement, {});
    } else if (phase === Phase.PHASE_UNMASKING) {
      const agreements = await api.agreements(hash, {});
      await api.unmask(hash, answer(machine, { step: 'agreements', agreements }, 'unmasking').unmasking, {});
    }
  }

  async #advertise(payload: Buffer): Promise<void> {
    const { api } = this.#connection;
    const contract = sha256(payload);
    const terms = compileTerms(Contract.decode(payload));
    const chunks: Uint8Array[] = [];
    for await (const chunk of api.downloadModel(terms.modelSha256, {})) chunks.push(chunk);
    this.model = Buffer.concat(chunks);
    const merchant = { name: this.name, identity: this.#identity, vector: new Uint32Array() };
    const options = { merchant: this.name, identity: this.#identity, random: osRandom };
    const unused = { members: new Map<string, Uint8Array>(), survivorsFloor: 0, colludersFloor: 0 };
    const machine = new LenientClient(
      { ...options, ...unused, terms: secAggTermsOf(terms, contract) },
      merchant,
      this.#leniency,
    );
    this.#round = { machine, contract };
    await api.advertise(contract, machine.advertisement, {});
  }
}

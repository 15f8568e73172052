import { SecAggClient, SecAggServer, SigningKey, osRandom, sha256 } from '../../../crypto/index.js';
import type { Closing, ServerStep } from '../../../crypto/index.js';
import {
  encodeModel,
  planJobs,
  secAggTermsOf,
  signContract,
  signReceipt,
  untrainedLinear,
} from '../../../federation/index.js';
import type { SignedContract } from '../../../federation/index.js';
import { Phase } from '../../../proto/index.js';
import type { Agreements, Coins, Contract, Envelope, Receipt, Roster, Survivors } from '../../../proto/index.js';
import type { RoundsApi, Upload } from '../../../client/rounds/api.js';
import { RoundFeed } from '../../../client/rounds/feed.js';
import { LenientClient } from '../../crypto/secagg/lenient-client.js';
import { answer } from '../../crypto/secagg/setting.js';
import type { Party } from '../../crypto/secagg/setting.js';

/** The merchant under test, and its three scripted peers. */
export const OWN = 'north';
const PEERS = ['east', 'south', 'west'] as const;
const ALL = [OWN, ...PEERS];

/** Identity keys by name. */
export const IDENTITIES = new Map(
  [...ALL, 'puppet'].map((name, index) => [name, SigningKey.fromSeed(new Uint8Array(32).fill(index + 1))] as const),
);
/** What an honest operator would have pinned, itself included. */
export const MEMBERS: ReadonlyMap<string, Uint8Array> = new Map(ALL.map((name) => [name, identity(name).publicKey]));
/** Signs contracts. */
export const CONTRACT_KEY = SigningKey.fromSeed(new Uint8Array(32).fill(99));

/** How a test's contract differs from the ordinary one. */
export interface ContractOptions {
  readonly epsilon?: number | 'none';
  /** @default the worst case */
  readonly noiseStrategy?: 'removable';
  readonly round?: number;
  readonly maximumMerchants?: number;
  readonly change?: (contract: Contract) => Contract;
  readonly key?: SigningKey;
}

/** The bytes of the model that every scripted round starts from. */
export const MODEL = encodeModel(untrainedLinear(0.6));

/** A signed contract of the one-round job for four merchants. */
export function contractFor(options: ContractOptions = {}): SignedContract {
  const {
    epsilon = 1,
    round = 1,
    maximumMerchants = 4,
    change = (contract: Contract) => contract,
    key = CONTRACT_KEY,
  } = options;
  const [job] = planJobs({
    jobs: ['reranker'],
    privacy: epsilon === 'none' ? 'none' : { epsilon, delta: 1e-6 },
    noiseStrategy: options.noiseStrategy,
    roster: { minimumMerchants: 4, colluders: 1, minimumSurvivors: 3, maximumMerchants },
    expectedShoppers: 100,
    catalogues: [],
    deadlines: { advertiseMs: 1000, openMs: 1000, shareMs: 1000, inputMs: 4000, agreeMs: 1000, unmaskMs: 1000 },
  });
  const { template } = known(job);
  const whole: Contract = {
    ...template,
    federation: 'market',
    round,
    step: 1,
    modelSha256: sha256(MODEL),
    issuedAtMs: 1,
  };
  return signContract(change(whole), key);
}

/** What a test does before, or instead of, one call's ordinary effect. */
export type Hooks = { [Call in keyof RoundsApi]?: () => void | Promise<void> };

/**
 * A coordinator's round in memory, with the protocol's own machines on both sides of the merchant under test. It moves on
 * as soon as that merchant has sent what a step needs. Every call is logged; hooks make calls fail.
 */
export class ScriptedRound implements RoundsApi {
  readonly feed: RoundFeed;
  /** Names of the calls, in order. */
  readonly calls: string[] = [];
  /** Codes that were declined with. */
  readonly declined: string[] = [];
  /** Every vector that was uploaded. */
  readonly uploads: Uint8Array[] = [];
  /** Names and identity keys of everyone in the round. */
  readonly members: ReadonlyMap<string, Uint8Array>;
  model: Uint8Array = MODEL;
  /** What the coordinator makes of a receipt before it signs. */
  receipt = (receipt: Receipt): Receipt => receipt;
  readonly #contract: SignedContract;
  readonly #hooks: Hooks;
  readonly #server: SecAggServer;
  readonly #peers = new Map<string, Pick<Party, 'receive'>>();
  #roster: Roster | undefined;
  #coins: Coins | undefined;
  #survivors: Survivors | undefined;
  #agreements: Agreements | undefined;

  /**
   * @param options.sybil lets an unpinned merchant into the roster instead of a peer
   * @param options.bystanders so many more merchants, who check nothing
   */
  constructor(
    contract: SignedContract,
    hooks: Hooks = {},
    options: { readonly sybil?: string; readonly bystanders?: number } = {},
  ) {
    this.#contract = contract;
    this.#hooks = hooks;
    this.feed = new RoundFeed({ phase: Phase.PHASE_ADVERTISING, code: '' });
    const names = options.sybil === undefined ? PEERS : [...PEERS.slice(1), options.sybil];
    const bystanders = Array.from({ length: options.bystanders ?? 0 }, (_, index) => ({
      name: `stand-${String(index).padStart(3, '0')}`,
      identity: SigningKey.generate(osRandom),
      vector: new Uint32Array(contract.terms.dimension),
    }));
    const members = new Map([OWN, ...names].map((name) => [name, identity(name).publicKey]));
    for (const { name, identity: own } of bystanders) members.set(name, own.publicKey);
    this.members = members;
    const terms = secAggTermsOf(contract.terms, contract.sha256);
    this.#server = SecAggServer.create({ terms, members });
    for (const merchant of names) {
      const own = { terms, merchant, identity: identity(merchant), members, random: osRandom };
      const { client, advertisement } = SecAggClient.start({ ...own, survivorsFloor: 0, colludersFloor: 0 });
      this.#peers.set(merchant, client);
      this.#server.accept('advertise', merchant, advertisement);
    }
    for (const merchant of bystanders) {
      const own = { terms, merchant: merchant.name, identity: merchant.identity, members, random: osRandom };
      const options = { ...own, survivorsFloor: 0, colludersFloor: 0 };
      const peer = new LenientClient(options, merchant, { binding: 'roster' });
      this.#peers.set(merchant.name, peer);
      this.#server.accept('advertise', merchant.name, peer.advertisement);
    }
  }

  async ready(): Promise<void> {
    await this.#enter('ready');
  }

  watch(): AsyncIterable<never> {
    throw new Error('a scripted round is not watched');
  }

  async listMembers(): Promise<ReadonlyMap<string, Uint8Array>> {
    await this.#enter('listMembers');
    return MEMBERS;
  }

  async *downloadModel(): AsyncGenerator<Uint8Array> {
    await this.#enter('downloadModel');
    yield this.model.subarray(0, 10);
    yield this.model.subarray(10);
  }

  async advertise(_contract: Uint8Array, envelope: Envelope): Promise<void> {
    await this.#enter('advertise');
    if (this.#server.accept('advertise', OWN, envelope) === 'repeat') return;
    this.#roster = closed(this.#server.closeAdvertising());
    this.#reach(this.#server.step === 'open' ? Phase.PHASE_OPENING : Phase.PHASE_SHARING);
  }

  async open(_contract: Uint8Array, envelope: Envelope): Promise<void> {
    await this.#enter('open');
    if (this.#server.accept('open', OWN, envelope) === 'repeat') return;
    const roster = known(this.#roster);
    this.#eachPeer('open', (peer) => answer(peer, { step: 'roster', roster }, 'opening').opening);
    this.#coins = closed(this.#server.closeOpening());
    this.#reach(Phase.PHASE_SHARING);
  }

  async coins(): Promise<Coins> {
    await this.#enter('coins');
    return known(this.#coins);
  }

  async roster(): Promise<Roster> {
    await this.#enter('roster');
    return known(this.#roster);
  }

  async share(_contract: Uint8Array, envelope: Envelope): Promise<void> {
    await this.#enter('share');
    if (this.#server.accept('share', OWN, envelope) === 'repeat') return;
    const coins = this.#coins;
    const met =
      coins === undefined
        ? { step: 'roster' as const, roster: known(this.#roster) }
        : { step: 'coins' as const, coins };
    this.#eachPeer('share', (peer) => answer(peer, met, 'sharing').sharing);
    closed(this.#server.closeSharing());
    this.#reach(Phase.PHASE_COLLECTING);
  }

  async delivery(): Promise<ReturnType<SecAggServer['delivery']>> {
    await this.#enter('delivery');
    return this.#server.delivery(OWN);
  }

  async newestReceipt(): Promise<Envelope | undefined> {
    await this.#enter('newestReceipt');
    return undefined;
  }

  async upload(contract: Uint8Array, { input: envelope, vector, ledgerHead }: Upload): Promise<Envelope> {
    this.uploads.push(Uint8Array.from(vector));
    await this.#enter('upload');
    if (this.#server.accept('input', OWN, envelope) === 'accepted') {
      this.#eachPeer('input', (peer, name) => {
        peer.receive({ step: 'delivery', delivery: this.#server.delivery(name) });
        const zeros = new Uint32Array(this.#contract.terms.dimension);
        return answer(peer, { step: 'input', vector: zeros }, 'masked').input;
      });
      this.#survivors = closed(this.#server.closeCollecting());
      this.#reach(Phase.PHASE_AGREEING);
    }
    const receipt = {
      contractSha256: Buffer.from(contract),
      merchant: OWN,
      vectorSha256: sha256(vector),
      ledgerHead: Buffer.from(ledgerHead),
    };
    return signReceipt(this.receipt(receipt), CONTRACT_KEY);
  }

  async survivors(): Promise<Survivors> {
    await this.#enter('survivors');
    return known(this.#survivors);
  }

  async agree(_contract: Uint8Array, envelope: Envelope): Promise<void> {
    await this.#enter('agree');
    if (this.#server.accept('agree', OWN, envelope) === 'repeat') return;
    const survivors = known(this.#survivors);
    this.#eachPeer('agree', (peer) => answer(peer, { step: 'survivors', survivors }, 'agreement').agreement);
    this.#agreements = closed(this.#server.closeAgreeing());
    this.#reach(Phase.PHASE_UNMASKING);
  }

  async agreements(): Promise<Agreements> {
    await this.#enter('agreements');
    return known(this.#agreements);
  }

  /** What came with R4, by merchant. */
  get attachments(): ReadonlyMap<string, Uint8Array> {
    return this.#server.attachments;
  }

  async unmask(_contract: Uint8Array, envelope: Envelope): Promise<void> {
    await this.#enter('unmask');
    if (this.#server.accept('unmask', OWN, envelope) === 'repeat') return;
    const agreements = known(this.#agreements);
    this.#eachPeer('unmask', (peer) => answer(peer, { step: 'agreements', agreements }, 'unmasking').unmasking);
    closed(this.#server.closeUnmasking());
    this.#reach(Phase.PHASE_DONE);
  }

  async renewCertificate(): Promise<never> {
    await this.#enter('renewCertificate');
    throw new Error('not asked for');
  }

  async decline(_contract: Uint8Array, code: string): Promise<void> {
    this.declined.push(code);
    await this.#enter('decline');
  }

  #eachPeer(step: ServerStep, message: (peer: Pick<Party, 'receive'>, name: string) => Envelope): void {
    for (const [name, peer] of this.#peers) this.#server.accept(step, name, message(peer, name));
  }

  #reach(phase: Phase): void {
    this.feed.update({ phase, code: '' });
  }

  async #enter(call: keyof RoundsApi): Promise<void> {
    this.calls.push(call);
    await this.#hooks[call]?.();
  }
}

/** A merchant's identity. */
export function identity(name: string): SigningKey {
  return known(IDENTITIES.get(name));
}

function closed<T>(closing: Closing<T>): T {
  if (closing.outcome === 'closed') return closing.value;
  throw new Error(`the scripted round was aborted: ${closing.code}: ${closing.reason}`);
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the scripted round is not that far');
  return value;
}

import {
  SecAggClient,
  SecAggServer,
  SigningKey,
  addPacked,
  sha256,
  streamRandom,
  thresholds,
} from '../../../crypto/index.js';
import type {
  ClientInput,
  ClientOptions,
  ClientOutput,
  Closing,
  Envelope,
  RandomSource,
  SecAggTerms,
  ThresholdRule,
} from '../../../crypto/index.js';
import type { ServerStep } from '../../../crypto/index.js';
import { applyUnmasking } from './apply-unmasking.js';

/** One merchant of a test round. */
export interface Merchant {
  readonly name: string;
  readonly identity: SigningKey;
  /** What it contributes; copied before it is masked. */
  readonly vector: Uint32Array;
}

/** Terms, merchants and coins of a test round. */
export interface Setting {
  readonly terms: SecAggTerms;
  readonly merchants: readonly Merchant[];
  readonly members: ReadonlyMap<string, Uint8Array>;
  readonly random: RandomSource;
  /** The rule of its numbers, where it is not the protocol's. */
  readonly thresholdRule?: ThresholdRule;
}

/** A setting of merchants m00, m01, … with vectors and keys that follow from `seed`. */
export function setting(options: {
  readonly merchants: number;
  readonly colluders: number;
  readonly seed?: number;
  readonly minimumSurvivors?: number;
  readonly minimumMerchants?: number;
  readonly dimension?: number;
  readonly ringBits?: number;
  readonly thresholdRule?: ThresholdRule;
}): Setting {
  const random = streamRandom(new Uint8Array(32).fill(options.seed ?? 1));
  const { dimension = 5, ringBits = 32 } = options;
  const merchants = Array.from({ length: options.merchants }, (_, index): Merchant => {
    const bytes = Buffer.from(random.bytes(4 * dimension));
    const vector = Uint32Array.from({ length: dimension }, (_, word) => bytes.readUInt32LE(4 * word) % 2 ** ringBits);
    return { name: `m${String(index).padStart(2, '0')}`, identity: SigningKey.generate(random), vector };
  });
  return {
    terms: {
      contractSha256: sha256(random.bytes(16)),
      colluders: options.colluders,
      minimumMerchants: options.minimumMerchants ?? 4,
      maximumMerchants: 4096,
      minimumSurvivors: options.minimumSurvivors ?? 4,
      dimension,
      ringBits,
    },
    merchants,
    members: new Map(merchants.map(({ name, identity }) => [name, identity.publicKey])),
    random,
    ...(options.thresholdRule === undefined ? {} : { thresholdRule: options.thresholdRule }),
  };
}

/** A sparse graph of so few merchants that none would be safe: for playing its steps, not for its bounds. */
export function sparseRule(graph: { readonly edgeProbability: number; readonly share: number }): ThresholdRule {
  return (round) => ({ ...thresholds(round), ...graph });
}

/** A client's options in a setting, without floors of its own unless given. */
export function clientOptions(
  { terms, members, random, thresholdRule }: Setting,
  merchant: Merchant,
  changes: Partial<ClientOptions> = {},
): ClientOptions {
  const { name, identity } = merchant;
  const rule = thresholdRule === undefined ? {} : { thresholdRule };
  return {
    terms,
    members,
    random,
    merchant: name,
    identity,
    survivorsFloor: 0,
    colludersFloor: 0,
    ...rule,
    ...changes,
  };
}

/** Anything that plays a merchant: the real client, or one of the tests' own. */
export interface Party {
  readonly merchant: Merchant;
  readonly advertisement: Envelope;
  receive(message: ClientInput): ClientOutput;
}

/** A merchant played by the real client. */
export function realParty(options: ClientOptions, merchant: Merchant): Party & { readonly client: SecAggClient } {
  const { client, advertisement } = SecAggClient.start(options);
  return { merchant, advertisement, client, receive: (message) => client.receive(message) };
}

/** What one party answers, which must be of a kind. */
export function answer<K extends ClientOutput['kind']>(
  party: Pick<Party, 'receive'>,
  message: ClientInput,
  kind: K,
): Extract<ClientOutput, { kind: K }> {
  const output = party.receive(message);
  if (!isKind(output, kind)) throw new Error(`expected ${kind}, got ${output.kind}`);
  return output;
}

function isKind<K extends ClientOutput['kind']>(
  output: ClientOutput,
  kind: K,
): output is Extract<ClientOutput, { kind: K }> {
  return output.kind === kind;
}

/** Who vanishes just before sending at a step. */
export type Losses = Partial<Record<ServerStep, readonly string[]>>;

/** One message as the coordinator stored it. */
export interface Stored {
  readonly step: ServerStep;
  readonly merchant: string;
  readonly envelope: Envelope;
}

/** How a test round ended. */
export interface RoundResult {
  readonly server: SecAggServer;
  readonly stored: readonly Stored[];
  /** The survivors' masked vectors together, before anything was unmasked. */
  readonly masked?: Uint32Array;
  readonly sum?: Uint32Array;
  readonly code?: string;
}

/** The value of a step that must have closed. */
export function value<T>(closing: Closing<T>): T {
  if (closing.outcome === 'aborted') throw new Error(`aborted: ${closing.code}: ${closing.reason}`);
  return closing.value;
}

/** Plays a whole round of parties against the real server; `order` permutes the arrivals at every step. */
export function playRound(
  round: Setting,
  parties: readonly Party[],
  options: { readonly losses?: Losses; readonly order?: (parties: readonly Party[]) => readonly Party[] } = {},
): RoundResult {
  const { losses = {} } = options;
  const { terms } = round;
  const order = options.order ?? ((all: readonly Party[]): readonly Party[] => all);
  const server = SecAggServer.create(round);
  const stored: Stored[] = [];
  let alive = [...parties];
  const each = (step: ServerStep, send: (party: Party) => Envelope): void => {
    alive = alive.filter(({ merchant }) => !(losses[step] ?? []).includes(merchant.name));
    for (const party of order(alive)) {
      const envelope = send(party);
      server.accept(step, party.merchant.name, envelope);
      stored.push({ step, merchant: party.merchant.name, envelope });
    }
  };
  const end = (closing: Closing<unknown>): RoundResult | undefined =>
    closing.outcome === 'aborted' ? { server, stored, code: closing.code } : undefined;

  each('advertise', ({ advertisement }) => advertisement);
  const roster = server.closeAdvertising();
  if (roster.outcome === 'aborted') return { server, stored, code: roster.code };

  if (server.step === 'open') {
    each('open', (party) => answer(party, { step: 'roster', roster: roster.value }, 'opening').opening);
    const coins = server.closeOpening();
    if (coins.outcome === 'aborted') return { server, stored, code: coins.code };
    each('share', (party) => answer(party, { step: 'coins', coins: coins.value }, 'sharing').sharing);
  } else {
    each('share', (party) => answer(party, { step: 'roster', roster: roster.value }, 'sharing').sharing);
  }
  const sharing = end(server.closeSharing());
  if (sharing !== undefined) return sharing;

  const sum = new Uint32Array(terms.dimension);
  each('input', (party) => {
    answer(party, { step: 'delivery', delivery: server.delivery(party.merchant.name) }, 'sharers');
    const { input, packed } = answer(party, { step: 'input', vector: party.merchant.vector.slice() }, 'masked');
    addPacked(sum, packed, { ringBits: terms.ringBits, from: 0 });
    return input;
  });
  const survivors = server.closeCollecting();
  if (survivors.outcome === 'aborted') return { server, stored, code: survivors.code };

  each('agree', (party) => answer(party, { step: 'survivors', survivors: survivors.value }, 'agreement').agreement);
  const agreements = server.closeAgreeing();
  if (agreements.outcome === 'aborted') return { server, stored, code: agreements.code };

  each('unmask', (party) => answer(party, { step: 'agreements', agreements: agreements.value }, 'unmasking').unmasking);
  const plan = server.closeUnmasking();
  const masked = sum.slice();
  if (plan.outcome === 'aborted') return { server, stored, masked, code: plan.code };
  applyUnmasking(sum, plan.value, terms.ringBits);
  return { server, stored, masked, sum };
}

/** sum ← sum + vector mod 2^w. */
export function addTo(sum: Uint32Array, vector: Uint32Array, ringBits: number): void {
  vector.forEach((word, index) => (sum[index] = ((sum[index] ?? 0) + word) % 2 ** ringBits));
}

/** The true sum of some merchants' vectors. */
export function trueSum({ terms, merchants }: Setting, names: readonly string[]): Uint32Array {
  const sum = new Uint32Array(terms.dimension);
  for (const { name, vector } of merchants) if (names.includes(name)) addTo(sum, vector, terms.ringBits);
  return sum;
}

/** The real clients of a whole setting. */
export function realParties(round: Setting): ReturnType<typeof realParty>[] {
  return round.merchants.map((merchant) => realParty(clientOptions(round, merchant), merchant));
}

import { addWords, packedCut, sha256, wordsToBytes } from '../../crypto/index.js';
import type { Envelope as SignedEnvelope, SecAggClient, ServerStep } from '../../crypto/index.js';
import { Agreements, Coins, Delivery, Envelope, Roster, Survivors } from '../../proto/index.js';
import { graphOf } from './cell.js';
import type { Cell } from './cell.js';
import { CpuBySteps } from './cpu.js';
import { answer, merchantsOf } from './merchants.js';
import type { Merchant } from './merchants.js';
import type { ServerReport } from './protocol.js';
import { ServerLink } from './server-link.js';

const CHUNK_BYTES = 256 * 1024;
const WARM_UP: Cell = { merchants: 100, dimension: 30_000, dropped: 10, colluders: 10, ringBits: 32 };
const WARM_UPS = 2;
/** Bytes of masked vectors that wait here to be sent. */
const WAITING_BYTES = 2 ** 28;

/** What a round came to. */
export interface RoundFigures {
  /** Whether the server's sum is the sum of the survivors' vectors. */
  readonly correct: boolean;
  /** CPU seconds of one client: for each step the mean over the clients that did it. */
  readonly client: Readonly<Record<string, number>>;
  /** Bytes that one client sends: for each step the mean over the clients that did it. */
  readonly uploadBytes: Readonly<Record<string, number>>;
  readonly server: ServerReport;
}

/** A client with the merchant it plays. */
interface Player {
  readonly merchant: Merchant;
  readonly client: SecAggClient;
}

/** What one merchant sends at a step. */
interface Message {
  readonly merchant: string;
  readonly bytes: Uint8Array;
  /** The masked vector that goes with it. */
  readonly packed?: Uint8Array;
}

/**
 * Plays a round: every merchant by the real client in this process, one after another, the server part in its own. Both
 * have played small ones before, because a coordinator runs for weeks and its code is compiled once.
 * Merchants work at the same time, each on a machine of its own, so what they send at one step comes together: it is all
 * made before any of it is sent. Sent as it is made, it would find the server part asleep and its caches cold each time.
 * A client's time includes decoding what it receives and encoding what it sends; making up its vector is not counted.
 */
export async function playRound(cell: Cell): Promise<RoundFigures> {
  const server = new ServerLink();
  try {
    for (let round = 0; round < WARM_UPS; round++)
      await new Round({ ...WARM_UP, ringBits: cell.ringBits }, server).play();
    const figures = await new Round(cell, server).play();
    const { header } = await server.ask({ kind: 'report' });
    if (header.report === undefined) throw new Error('the server part gave no report');
    return { ...figures, server: header.report };
  } finally {
    server.stop();
  }
}

class Round {
  readonly #cell: Cell;
  readonly #server: ServerLink;
  readonly #cpu = new CpuBySteps<ServerStep>();
  readonly #sent = new Map<ServerStep, number[]>();

  constructor(cell: Cell, server: ServerLink) {
    this.#cell = cell;
    this.#server = server;
  }

  async play(): Promise<Omit<RoundFigures, 'server'>> {
    const { merchants, keys } = merchantsOf(this.#cell);
    await this.#server.tell({ kind: 'begin', cell: this.#cell }, keys);

    const started = merchants.map((merchant) => {
      const { made, message } = this.#make('advertise', merchant, () => {
        const { client, advertisement } = merchant.start();
        return { client, envelope: advertisement };
      });
      return { player: { merchant, client: made.client }, message };
    });
    const players = started.map(({ player }) => player);
    await this.#send(
      'advertise',
      started.map(({ message }) => message),
    );
    const roster = await this.#close('advertise');
    if (graphOf(this.#cell) === 'sparse') {
      await this.#step('open', players, roster, (client, body) => {
        return answer(client, { step: 'roster', roster: Roster.decode(body) }, 'opening').opening;
      });
      await this.#step('share', players, await this.#close('open'), (client, body) => {
        return answer(client, { step: 'coins', coins: Coins.decode(body) }, 'sharing').sharing;
      });
    } else {
      await this.#step('share', players, roster, (client, body) => {
        return answer(client, { step: 'roster', roster: Roster.decode(body) }, 'sharing').sharing;
      });
    }
    await this.#close('share');

    const left = players.filter(({ merchant }) => !merchant.vanishes);
    const expected = await this.#inputs(left);
    await this.#step('agree', left, await this.#close('input'), (client, body) => {
      return answer(client, { step: 'survivors', survivors: Survivors.decode(body) }, 'agreement').agreement;
    });
    await this.#step('unmask', left, await this.#close('agree'), (client, body) => {
      return answer(client, { step: 'agreements', agreements: Agreements.decode(body) }, 'unmasking').unmasking;
    });
    const digest = await this.#close('unmask');
    return {
      correct: sha256(wordsToBytes(expected)).equals(digest),
      client: this.#cpu.means(),
      uploadBytes: Object.fromEntries([...this.#sent].map(([step, bytes]) => [step, mean(bytes)])),
    };
  }

  /** R2 of everyone who is left, in as many parts as fit in memory. @returns the true sum */
  async #inputs(players: readonly Player[]): Promise<Uint32Array> {
    const expected = new Uint32Array(this.#cell.dimension);
    const together = Math.max(1, Math.floor(WAITING_BYTES / (4 * this.#cell.dimension)));
    for (let start = 0; start < players.length; start += together) {
      const part = players.slice(start, start + together);
      const deliveries: Uint8Array[] = [];
      for (const { merchant } of part) {
        deliveries.push((await this.#server.ask({ kind: 'delivery', merchant: merchant.name })).body);
      }
      const messages = part.map(({ merchant, client }, i) => {
        const vector = merchant.vector();
        addWords(expected, vector, this.#cell.ringBits);
        const { made, message } = this.#make('input', merchant, () => {
          const delivery = Delivery.decode(deliveries[i] ?? new Uint8Array());
          answer(client, { step: 'delivery', delivery }, 'sharers');
          const { input, packed } = answer(client, { step: 'input', vector }, 'masked');
          return { envelope: input, packed };
        });
        return { ...message, packed: made.packed };
      });
      await this.#send('input', messages);
    }
    return expected;
  }

  async #step(
    step: ServerStep,
    players: readonly Player[],
    body: Uint8Array,
    act: (client: SecAggClient, body: Uint8Array) => SignedEnvelope,
  ): Promise<void> {
    const messages = players.map(
      ({ merchant, client }) => this.#make(step, merchant, () => ({ envelope: act(client, body) })).message,
    );
    await this.#send(step, messages);
  }

  /** Lets a client make a message. */
  #make<T extends { readonly envelope: SignedEnvelope }>(
    step: ServerStep,
    merchant: Merchant,
    make: () => T,
  ): { readonly made: T; readonly message: Message } {
    const { made, bytes } = this.#cpu.measure(step, () => {
      const made = make();
      return { made, bytes: Envelope.encode(made.envelope).finish() };
    });
    return { made, message: { merchant: merchant.name, bytes } };
  }

  async #send(step: ServerStep, messages: readonly Message[]): Promise<void> {
    const cut = packedCut(CHUNK_BYTES, this.#cell.ringBits);
    for (const { merchant, bytes, packed = new Uint8Array() } of messages) {
      await this.#server.tell({ kind: 'accept', step, merchant }, bytes);
      for (let start = 0; start < packed.length; start += cut) {
        await this.#server.tell({ kind: 'chunk' }, packed.subarray(start, start + cut));
      }
    }
    const sizes = messages.map(({ bytes, packed }) => bytes.length + (packed?.length ?? 0));
    this.#sent.set(step, [...(this.#sent.get(step) ?? []), ...sizes]);
  }

  async #close(step: ServerStep): Promise<Uint8Array> {
    return (await this.#server.ask({ kind: 'close', step })).body;
  }
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

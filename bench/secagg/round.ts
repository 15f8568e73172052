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

/**
 * Plays a round: every merchant by the real client in this process, one after another, the server part in its own. Both
 * have played small ones before, because a coordinator runs for weeks and its code is compiled once.
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

    const players: Player[] = [];
    for (const merchant of merchants) {
      const { client } = await this.#send('advertise', merchant, () => {
        const { client, advertisement } = merchant.start();
        return { client, envelope: advertisement };
      });
      players.push({ merchant, client });
    }
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

  /** R2 of everyone who is left. @returns the true sum */
  async #inputs(players: readonly Player[]): Promise<Uint32Array> {
    const expected = new Uint32Array(this.#cell.dimension);
    for (const { merchant, client } of players) {
      const vector = merchant.vector();
      addWords(expected, vector, this.#cell.ringBits);
      const { body } = await this.#server.ask({ kind: 'delivery', merchant: merchant.name });
      const { packed } = await this.#send('input', merchant, () => {
        answer(client, { step: 'delivery', delivery: Delivery.decode(body) }, 'sharers');
        const { input, packed } = answer(client, { step: 'input', vector }, 'masked');
        return { envelope: input, packed };
      });
      this.#count('input', packed.length);
      const cut = packedCut(CHUNK_BYTES, this.#cell.ringBits);
      for (let start = 0; start < packed.length; start += cut) {
        await this.#server.tell({ kind: 'chunk' }, packed.subarray(start, start + cut));
      }
    }
    return expected;
  }

  async #step(
    step: ServerStep,
    players: readonly Player[],
    body: Uint8Array,
    act: (client: SecAggClient, body: Uint8Array) => SignedEnvelope,
  ): Promise<void> {
    for (const { merchant, client } of players) {
      await this.#send(step, merchant, () => ({ envelope: act(client, body) }));
    }
  }

  /** Lets a client make a message, and sends it. */
  async #send<T extends { readonly envelope: SignedEnvelope }>(
    step: ServerStep,
    merchant: Merchant,
    make: () => T,
  ): Promise<T> {
    const { made, bytes } = this.#cpu.measure(step, () => {
      const made = make();
      return { made, bytes: Envelope.encode(made.envelope).finish() };
    });
    this.#sent.set(step, [...(this.#sent.get(step) ?? []), bytes.length]);
    await this.#server.tell({ kind: 'accept', step, merchant: merchant.name }, bytes);
    return made;
  }

  #count(step: ServerStep, bytes: number): void {
    const sent = this.#sent.get(step) ?? [];
    sent.push((sent.pop() ?? 0) + bytes);
  }

  async #close(step: ServerStep): Promise<Uint8Array> {
    return (await this.#server.ask({ kind: 'close', step })).body;
  }
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

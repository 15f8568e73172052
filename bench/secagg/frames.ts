import type { Duplex } from 'node:stream';

/** What the two processes say to each other: a small header, and bytes as they would travel. */
export interface Frame<H> {
  readonly header: H;
  /** Good until the next frame is asked for: its memory is used again. */
  readonly body: Uint8Array;
}

/** Two lengths of 4 bytes: of the header, and of the body. */
const LENGTHS_BYTES = 8;
/** Headers are padded to words, so that the words of a body are where a vector can lie. */
const WORD_BYTES = 4;

/** Writes one frame: two lengths, the header as JSON, the body. Waits while the other side is behind. */
export async function writeFrame(stream: Duplex, header: object, body: Uint8Array = new Uint8Array()): Promise<void> {
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(WORD_BYTES * Math.ceil(json.length / WORD_BYTES)));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  // In one go: the other side would wake up for each of two.
  stream.cork();
  stream.write(Buffer.concat([lengths, text]));
  const isTaken = stream.write(body);
  stream.uncork();
  if (isTaken) return;
  await new Promise((resolve) => stream.once('drain', resolve));
}

/** Puts frames together from bytes as they arrive, in one piece of memory that grows to the largest frame. */
export class FrameReader<H> {
  readonly #parse: (header: unknown) => H;
  #memory = Buffer.alloc(2 ** 16);
  #filled = 0;

  /** @param parse checks a header, which is JSON */
  constructor(parse: (header: unknown) => H) {
    this.#parse = parse;
  }

  /** The frames that are whole with these bytes, which are copied. */
  *read(bytes: Uint8Array): Generator<Frame<H>> {
    for (let rest = bytes; rest.length > 0;) {
      const missing = this.#wanted() - this.#filled;
      const taken = rest.subarray(0, missing);
      rest = rest.subarray(taken.length);
      this.#append(taken);
      if (this.#filled > LENGTHS_BYTES && this.#filled === this.#wanted()) yield this.#take();
    }
  }

  /** Bytes of the frame at hand, as far as that is known. */
  #wanted(): number {
    if (this.#filled < LENGTHS_BYTES) return LENGTHS_BYTES;
    return LENGTHS_BYTES + this.#memory.readUInt32LE(0) + this.#memory.readUInt32LE(4);
  }

  #append(bytes: Uint8Array): void {
    const filled = this.#filled + bytes.length;
    if (filled > this.#memory.length) {
      const larger = Buffer.alloc(2 * filled);
      this.#memory.copy(larger, 0, 0, this.#filled);
      this.#memory = larger;
    }
    this.#memory.set(bytes, this.#filled);
    this.#filled = filled;
  }

  #take(): Frame<H> {
    const end = LENGTHS_BYTES + this.#memory.readUInt32LE(0);
    const header = this.#parse(JSON.parse(this.#memory.toString('utf8', LENGTHS_BYTES, end)));
    const body = new Uint8Array(this.#memory.buffer, this.#memory.byteOffset + end, this.#filled - end);
    this.#filled = 0;
    return { header, body };
  }
}

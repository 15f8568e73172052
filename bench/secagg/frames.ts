import type { Duplex } from 'node:stream';

/** What the two processes say to each other: a small header, and bytes as they would travel. */
export interface Frame<H> {
  readonly header: H;
  readonly body: Uint8Array;
}

/** Writes one frame: two lengths of 4 bytes, the header as JSON, the body. Waits while the other side is behind. */
export async function writeFrame(stream: Duplex, header: object, body: Uint8Array = new Uint8Array()): Promise<void> {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  stream.write(Buffer.concat([lengths, text]));
  if (body.length === 0 || stream.write(body)) return;
  await new Promise((resolve) => stream.once('drain', resolve));
}

/**
 * The frames that arrive, one after another; each body is a piece of memory of its own.
 *
 * @param parse checks a header, which is JSON
 */
export async function* readFrames<H>(stream: Duplex, parse: (header: unknown) => H): AsyncGenerator<Frame<H>> {
  const parts = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  const take = async (count: number): Promise<Buffer | undefined> => {
    // Pooled memory would not be aligned to words.
    const out = Buffer.allocUnsafeSlow(count);
    for (let filled = 0; filled < count;) {
      if (rest.length === 0) {
        const next = await parts.next();
        if (next.done === true) return undefined;
        rest = next.value;
      }
      const copied = rest.copy(out, filled, 0, count - filled);
      rest = rest.subarray(copied);
      filled += copied;
    }
    return out;
  };
  for (;;) {
    const lengths = await take(8);
    if (lengths === undefined) return;
    const header = await take(lengths.readUInt32LE(0));
    const body = await take(lengths.readUInt32LE(4));
    if (header === undefined || body === undefined) throw new Error('a frame was cut off');
    yield { header: parse(JSON.parse(header.toString())), body };
  }
}

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { GuildhallError } from '../../errors/index.js';

/** A file that somebody else has opened. */
export interface ByteSource {
  /** What to call the file in reports and errors. */
  readonly name: string;
  /** Its bytes, plain or gzipped. Read once. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** First two bytes of every gzip member (RFC 1952, section 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * The bytes of a source, inflated where they begin as gzip does, whatever the file is called.
 *
 * @throws GuildhallError DATA_COMPRESSION_BROKEN when the gzip stream is damaged or ends early
 */
export async function* plainBytes(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source.bytes[Symbol.asyncIterator]();
  try {
    const head = await firstBytes(chunks, GZIP_MAGIC.length);
    const whole = followedBy(head, chunks);
    if (GZIP_MAGIC.every((byte, at) => head[at] === byte)) yield* inflated(whole, source.name);
    else yield* whole;
  } finally {
    await chunks.return?.();
  }
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>, count: number): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  while (head.length < count) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* followedBy(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* inflated(compressed: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const input = Readable.from(compressed);
  const gunzip = createGunzip();
  let sourceFailure: Error | undefined;
  input.once('error', (error) => {
    sourceFailure = error;
    gunzip.destroy(error);
  });
  try {
    for await (const chunk of input.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (sourceFailure !== undefined) throw sourceFailure;
    throw new GuildhallError('DATA_COMPRESSION_BROKEN', `${file} begins like a gzip file but cannot be inflated.`, {
      details: { file },
      cause: error,
    });
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

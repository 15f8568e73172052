import { createReadStream } from 'node:fs';
import type { ReadStream } from 'node:fs';
import { GuildhallError } from '../../errors/index.js';
import type { ByteSource, ShopSources } from '../../recommender/index.js';
import type { DataConfig } from '../config/config.js';
import { storageFailure, systemCodeOf } from '../state/failures.js';

/**
 * The shop's files as the reader wants them; opened when first read.
 * @param now the present in milliseconds since 1970, beyond which no event can lie
 */
export function shopSources(data: DataConfig, localKey: Uint8Array, now: number): ShopSources {
  return {
    items: fileSource(data.items),
    events: fileSource(data.events),
    columns: data.columns,
    key: localKey,
    now,
  };
}

/** A file as a source of bytes. Reading it throws CLIENT_FILE_MISSING or STATE_* naming the file. */
export function fileSource(file: string): ByteSource {
  return { name: file, bytes: readFile(file) };
}

async function* readFile(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  const stream: ReadStream = createReadStream(file, { highWaterMark: 256 * 1024 });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'EISDIR') {
      throw new GuildhallError('CLIENT_FILE_MISSING', `There is no data file ${file}.`, {
        details: { file },
        cause: error,
      });
    }
    throw storageFailure(error, 'read', file);
  } finally {
    stream.destroy();
  }
}

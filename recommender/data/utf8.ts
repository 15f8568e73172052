import { GuildhallError } from '../../errors/index.js';

const LINE_FEED = 0x0a;
/** A longer line is no table: the file is binary, or has no line feeds. */
const LONGEST_LINE_BYTES = 1 << 20;

/**
 * Decodes UTF-8 strictly, some whole lines at a time, without a byte order mark.
 *
 * @throws GuildhallError DATA_NOT_UTF8 with the first line that is not UTF-8; DATA_MALFORMED for a line above 1 MiB
 */
export async function* utf8Lines(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<string, void, undefined> {
  let line = 1;
  let unfinished: Uint8Array = new Uint8Array();
  const decoder = new StrictDecoder(file);
  for await (const chunk of bytes) {
    const joined = unfinished.length === 0 ? chunk : Buffer.concat([unfinished, chunk]);
    const end = joined.lastIndexOf(LINE_FEED) + 1;
    unfinished = joined.subarray(end);
    if (end > 0) {
      const whole = joined.subarray(0, end);
      yield decoder.decode(whole, line);
      line += countLineFeeds(whole);
    }
    if (unfinished.length > LONGEST_LINE_BYTES) {
      throw new GuildhallError('DATA_MALFORMED', `Line ${line} of ${file} is longer than 1 MiB.`, {
        details: { file, line },
      });
    }
  }
  if (unfinished.length > 0) yield decoder.decode(unfinished, line);
}

class StrictDecoder {
  private readonly first = new TextDecoder('utf-8', { fatal: true });
  private readonly later = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  decode(lines: Uint8Array, firstLine: number): string {
    const decoder = firstLine === 1 ? this.first : this.later;
    try {
      return decoder.decode(lines);
    } catch (cause) {
      const line = firstLine + this.linesBeforeFailure(lines);
      const [first, second] = lines;
      const wide = line === 1 && (first === 0xff || first === 0xfe) && (second === 0xff || second === 0xfe);
      const instead = wide ? ', but begins as UTF-16 does' : '';
      throw new GuildhallError('DATA_NOT_UTF8', `Line ${line} of ${this.file} is not UTF-8 text${instead}.`, {
        details: { file: this.file, line },
        cause,
      });
    }
  }

  /** A line feed is never a part of a longer UTF-8 sequence, so every line stands or falls alone. */
  private linesBeforeFailure(lines: Uint8Array): number {
    let start = 0;
    for (let count = 0; ; count++) {
      const end = lines.indexOf(LINE_FEED, start) + 1;
      try {
        this.later.decode(lines.subarray(start, end === 0 ? lines.length : end));
      } catch {
        return count;
      }
      if (end === 0) return count;
      start = end;
    }
  }
}

function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

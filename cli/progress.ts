import type { OutputStream } from './io.js';

/** Tells a person how long work goes on. Always on stderr. */
export interface Progress {
  /** A line that stays. */
  say(line: string): void;
  /** A line that the next one replaces on a terminal; elsewhere it is a line like any other, written when it changes. */
  update(line: string): void;
  /** Ends a line that `update` left open. */
  end(): void;
}

const CLEAR_LINE = '\r\u001b[2K';

/** Progress that rewrites its last line on a terminal and writes plain lines to a pipe or a file. */
export function createProgress(stream: OutputStream): Progress {
  let open = false;
  let last = '';
  const close = (): void => {
    if (open) stream.write('\n');
    open = false;
  };
  return {
    say(line) {
      stream.write(open ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
      open = false;
    },
    update(line) {
      if (line === last) return;
      last = line;
      stream.write(stream.isTTY === true ? `${CLEAR_LINE}${line}` : `${line}\n`);
      open = stream.isTTY === true;
    },
    end: close,
  };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { readFrames, writeFrame } from './frames.js';
import type { Frame } from './frames.js';
import { replySchema } from './protocol.js';
import type { Reply, Request } from './protocol.js';

const LINK_DESCRIPTOR = 3;

/** The server part as the driver sees it: a process of its own at the other end of a pipe. */
export class ServerLink {
  readonly #child: ChildProcess;
  readonly #stream: Duplex;
  readonly #replies: AsyncGenerator<Frame<Reply>>;

  constructor() {
    const program = fileURLToPath(new URL('server-process.ts', import.meta.url));
    this.#child = spawn(process.execPath, [...process.execArgv, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    const stream = this.#child.stdio[LINK_DESCRIPTOR];
    if (!(stream instanceof Duplex)) throw new Error('the server part has no pipe');
    this.#stream = stream;
    this.#replies = readFrames(stream, (json) => replySchema.parse(json));
  }

  /** Sends what has no answer. */
  tell(request: Request, body?: Uint8Array): Promise<void> {
    return writeFrame(this.#stream, request, body);
  }

  /** Sends what has one, and waits for it. */
  async ask(request: Request): Promise<Frame<Reply>> {
    await this.tell(request);
    const next = await this.#replies.next();
    if (next.done === true) throw new Error('the server part has ended without an answer');
    return next.value;
  }

  /** Ends the process, if it has not ended by itself. */
  stop(): void {
    this.#child.kill();
  }
}

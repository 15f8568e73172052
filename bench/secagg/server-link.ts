import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { FrameReader, writeFrame } from './frames.js';
import type { Frame } from './frames.js';
import { replySchema } from './protocol.js';
import type { Reply, Request } from './protocol.js';

const LINK_DESCRIPTOR = 3;
/** `.ts` where the benchmark runs from the source, `.js` from the build. */
const EXTENSION = extname(fileURLToPath(import.meta.url));

/** The server part as the driver sees it: a process of its own at the other end of a pipe. */
export class ServerLink {
  readonly #child: ChildProcess;
  readonly #stream: Duplex;
  readonly #reader = new FrameReader((json) => replySchema.parse(json));
  #waiting: { readonly resolve: (frame: Frame<Reply>) => void; readonly reject: (error: Error) => void } | undefined;

  constructor() {
    const program = fileURLToPath(new URL(`server-process${EXTENSION}`, import.meta.url));
    this.#child = spawn(process.execPath, [...process.execArgv, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    const stream = this.#child.stdio[LINK_DESCRIPTOR];
    if (!(stream instanceof Duplex)) throw new Error('the server part has no pipe');
    this.#stream = stream;
    stream.on('data', (bytes: Buffer) => {
      for (const { header, body } of this.#reader.read(bytes)) this.#waiting?.resolve({ header, body: body.slice() });
    });
    this.#child.once('exit', (code) => this.#waiting?.reject(new Error(`the server part has ended (${code})`)));
  }

  /** Sends what has no answer. */
  tell(request: Request, body?: Uint8Array): Promise<void> {
    return writeFrame(this.#stream, request, body);
  }

  /** Sends what has one, and waits for it. */
  async ask(request: Request): Promise<Frame<Reply>> {
    const reply = new Promise<Frame<Reply>>((resolve, reject) => (this.#waiting = { resolve, reject }));
    await this.tell(request);
    return reply;
  }

  /** Ends the process, if it has not ended by itself. */
  stop(): void {
    this.#child.kill();
  }
}

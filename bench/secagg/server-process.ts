/** The server part in a process of its own, so that its time and memory are nobody else's. Talks over file descriptor 3. */
import { Socket } from 'node:net';
import type { ConnectOpts, SocketConstructorOpts } from 'node:net';
import type { ServerStep } from '../../crypto/index.js';
import { BlockWatch } from './blocks.js';
import { CpuBySteps } from './cpu.js';
import { FrameReader, writeFrame } from './frames.js';
import type { Frame } from './frames.js';
import { parseRequest } from './protocol.js';
import type { Request, ServerReport } from './protocol.js';
import { ServerPart } from './server-part.js';

const MEBIBYTE = 2 ** 20;

/** Bytes that are read from the pipe at a time. */
const READ_BYTES = 2 ** 18;

let cpu = new CpuBySteps<ServerStep>();
const idleMiB = Math.round(process.memoryUsage.rss() / MEBIBYTE);
let part: ServerPart | undefined;
let lap = cpu.stopwatch();
let blocks = new BlockWatch();

async function serve({ header, body }: Frame<Request>): Promise<void> {
  if (header.kind === 'begin') {
    part = new ServerPart(header.cell, body);
    // What an earlier round took is not this one's.
    cpu = new CpuBySteps<ServerStep>();
    blocks = new BlockWatch();
    lap = cpu.stopwatch();
    return;
  }
  const server = part;
  if (server === undefined) throw new Error('no round has begun');
  switch (header.kind) {
    case 'accept':
      blocks.run(() => server.accept(header.step, header.merchant, body));
      break;
    case 'chunk':
      blocks.run(() => server.chunk(body));
      break;
    case 'delivery':
      await writeFrame(
        socket,
        {},
        blocks.run(() => server.delivery(header.merchant)),
      );
      break;
    case 'close':
      await writeFrame(socket, {}, await blocks.watch(() => server.close(header.step)));
      // All that came since the step before was for this one; asking for the time costs more than most messages.
      lap(header.step);
      break;
    case 'report': {
      const report: ServerReport = {
        bySteps: cpu.totals(),
        peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
        idleMiB,
        ...blocks.longest,
      };
      await writeFrame(socket, { report });
      socket.end();
      break;
    }
  }
}

const reader = new FrameReader(parseRequest);
const link: SocketConstructorOpts & ConnectOpts = {
  fd: 3,
  onread: {
    buffer: Buffer.alloc(READ_BYTES),
    callback: (count, memory) => {
      // The driver waits for an answer before it goes on, so that no two frames are served at a time.
      for (const frame of reader.read(memory.subarray(0, count))) void serve(frame);
      return true;
    },
  },
};
const socket = new Socket(link);

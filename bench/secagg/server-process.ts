/** The server part in a process of its own, so that its time and memory are nobody else's. Talks over file descriptor 3. */
import { Socket } from 'node:net';
import type { ConnectOpts, SocketConstructorOpts } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerStep } from '../../crypto/index.js';
import { CpuBySteps } from './cpu.js';
import { FrameReader, writeFrame } from './frames.js';
import type { Frame } from './frames.js';
import { requestSchema } from './protocol.js';
import type { Request, ServerReport } from './protocol.js';
import { ServerPart } from './server-part.js';

const MEBIBYTE = 2 ** 20;

/** Bytes that are read from the pipe at a time. */
const READ_BYTES = 2 ** 18;

let cpu = new CpuBySteps<ServerStep>();
const idleMiB = Math.round(process.memoryUsage.rss() / MEBIBYTE);
let part: ServerPart | undefined;
let lap = cpu.stopwatch();
let longestBlockMs = 0;

/** Runs what holds up the event loop, and notes for how long. */
function blocking<T>(work: () => T): T {
  const before = performance.now();
  const result = work();
  longestBlockMs = Math.max(longestBlockMs, performance.now() - before);
  return result;
}

/** Runs what gives other work its turn in between, and notes the longest time without one. */
async function watched<T>(work: () => Promise<T>): Promise<T> {
  const resolution = 2;
  const delays = monitorEventLoopDelay({ resolution });
  delays.enable();
  // It measures from one of its own turns to the next.
  await delay(2 * resolution);
  const result = await work();
  await delay(2 * resolution);
  delays.disable();
  longestBlockMs = Math.max(longestBlockMs, delays.max / 1e6 - resolution);
  return result;
}

async function serve({ header, body }: Frame<Request>): Promise<void> {
  if (header.kind === 'begin') {
    part = new ServerPart(header.cell, body);
    // What an earlier round took is not this one's.
    cpu = new CpuBySteps<ServerStep>();
    longestBlockMs = 0;
    lap = cpu.stopwatch();
    return;
  }
  const server = part;
  if (server === undefined) throw new Error('no round has begun');
  switch (header.kind) {
    case 'accept':
      blocking(() => server.accept(header.step, header.merchant, body));
      break;
    case 'chunk':
      blocking(() => server.chunk(body));
      break;
    case 'delivery':
      await writeFrame(
        socket,
        {},
        blocking(() => server.delivery(header.merchant)),
      );
      break;
    case 'close':
      await writeFrame(socket, {}, await watched(() => server.close(header.step)));
      // All that came since the step before was for this one; asking for the time costs more than most messages.
      lap(header.step);
      break;
    case 'report': {
      const report: ServerReport = {
        bySteps: cpu.totals(),
        peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
        idleMiB,
        longestBlockMs: Math.round(longestBlockMs),
      };
      await writeFrame(socket, { report });
      socket.end();
      break;
    }
  }
}

const reader = new FrameReader((json) => requestSchema.parse(json));
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

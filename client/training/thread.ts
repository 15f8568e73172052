import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** `.ts` when this runs from the source, `.js` from the build: a thread's entry has the same. */
const EXTENSION = extname(fileURLToPath(import.meta.url));

/** Starts a thread. @param entry name of a module of this folder, without its extension */
export function startThread(entry: string, options: Pick<WorkerOptions, 'name' | 'workerData'>): Worker {
  return new Worker(new URL(`./${entry}${EXTENSION}`, import.meta.url), { ...options, ...loaderOptions() });
}

/** Threads do not inherit the loader that understands TypeScript: from the source it is registered in the thread itself. */
function loaderOptions(): Pick<WorkerOptions, 'execArgv'> {
  if (EXTENSION !== '.ts') return {};
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  return {
    execArgv: ['--import', `data:text/javascript,import { register } from ${encodeURIComponent(loader)}; register();`],
  };
}

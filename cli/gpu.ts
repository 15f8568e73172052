import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longest that the driver's own tool may take to answer. */
const PATIENCE_MS = 5000;

/**
 * The NVIDIA GPUs that the machine's driver reports, by name; none where there is no driver or its tool does not answer.
 * @param list prints one line a GPU, as `nvidia-smi -L` does
 */
export async function nvidiaGpus(list: () => Promise<string> = nvidiaSmi): Promise<string[]> {
  let listed: string;
  try {
    listed = await list();
  } catch {
    return [];
  }
  return listed.split('\n').flatMap((line) => /^GPU \d+: (.+?)(?: \(UUID.*)?$/.exec(line.trim())?.[1] ?? []);
}

async function nvidiaSmi(): Promise<string> {
  const { stdout } = await run('nvidia-smi', ['-L'], { timeout: PATIENCE_MS });
  return stdout;
}

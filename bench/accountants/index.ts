/**
 * `npm run -s bench -- accountants`: how long ε of a subsampled Gaussian takes both accountants, and dp-accounting beside
 * them where Python has it. Computing only, without start-up; the least of some runs, because other work only adds.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { advantageAtMost, epsilonOf, pldEpsilon } from '../../privacy/index.js';
import type { MechanismEvent } from '../../privacy/index.js';

const TERMS = { samplingRate: 0.01, noiseMultiplier: 1, steps: 1000, delta: 1e-5 } as const;
const RUNS = 3;

interface Timed {
  readonly epsilon: number;
  readonly computeSeconds: number;
}

interface AccountantFigures {
  readonly terms: typeof TERMS;
  readonly rdp: Timed;
  readonly pld: Timed;
  readonly advantage: number;
  /** Absent where Python or the package is. */
  readonly dpAccounting?: { readonly version: string; readonly rdp: Timed; readonly pld: Timed };
}

const NO_PEER = 'Python has no dp-accounting here (pip install dp-accounting), so there is nothing to compare with.';

/** Measures one history. */
export async function measureAccountants(): Promise<AccountantFigures> {
  const { delta, ...mechanism } = TERMS;
  const events: MechanismEvent[] = [{ kind: 'gaussian', ...mechanism }];
  const dpAccounting = await peer();
  return {
    terms: TERMS,
    rdp: timed(() => epsilonOf(events, delta)),
    pld: timed(() => pldEpsilon(events, delta)),
    advantage: advantageAtMost(events),
    ...(dpAccounting === undefined ? {} : { dpAccounting }),
  };
}

function timed(compute: () => number): Timed {
  let epsilon = Number.NaN;
  const seconds = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    epsilon = compute();
    return (performance.now() - start) / 1000;
  });
  return { epsilon: Number(epsilon.toFixed(6)), computeSeconds: Number(Math.min(...seconds).toFixed(4)) };
}

/** The same history, the same grid (an interval of 1e-4 is its default), one thread as here. */
const SCRIPT = `
import importlib.metadata, json, time
from dp_accounting import dp_event, pld, rdp
event = dp_event.SelfComposedDpEvent(dp_event.PoissonSampledDpEvent(${TERMS.samplingRate}, dp_event.GaussianDpEvent(${TERMS.noiseMultiplier})), ${TERMS.steps})
def timed(make):
    seconds = []
    for _ in range(${RUNS}):
        start = time.perf_counter()
        accountant = make()
        accountant.compose(event)
        epsilon = accountant.get_epsilon(${TERMS.delta})
        seconds.append(time.perf_counter() - start)
    return {"epsilon": round(epsilon, 6), "computeSeconds": round(min(seconds), 4)}
print(json.dumps({"version": importlib.metadata.version("dp-accounting"), "rdp": timed(rdp.RdpAccountant), "pld": timed(pld.PLDAccountant)}))
`;

/** @returns undefined where Python or the package is missing */
async function peer(): Promise<AccountantFigures['dpAccounting']> {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  try {
    const { stdout } = await promisify(execFile)('python3', ['-c', SCRIPT], { env });
    return JSON.parse(stdout) as NonNullable<AccountantFigures['dpAccounting']>;
  } catch {
    return undefined;
  }
}

/** The `accountants` subcommand. */
export function accountantsCommand(): Command {
  return new Command('accountants')
    .description('seconds to account a subsampled Gaussian, beside dp-accounting where Python has it')
    .option('--json', 'print the figures as JSON')
    .action(async ({ json }: { json?: true }) => {
      const figures = await measureAccountants();
      if (json === true) {
        if (figures.dpAccounting === undefined) process.stderr.write(`${NO_PEER}\n`);
        process.stdout.write(`${JSON.stringify(figures)}\n`);
      } else process.stdout.write(describe(figures));
    });
}

function describe({ terms, rdp, pld, advantage, dpAccounting }: AccountantFigures): string {
  const line = (name: string, { epsilon, computeSeconds }: Timed): string =>
    `${name.padEnd(20)} ε ${epsilon.toFixed(4)} in ${computeSeconds} s\n`;
  const others =
    dpAccounting === undefined
      ? `${NO_PEER}\n`
      : line(`dp-accounting ${dpAccounting.version} rdp`, dpAccounting.rdp) +
        line('dp-accounting pld', dpAccounting.pld);
  const { samplingRate, noiseMultiplier, steps, delta } = terms;
  return `q ${samplingRate}, z ${noiseMultiplier}, ${steps} steps, δ ${delta}; advantage at most ${advantage.toFixed(3)}
${line('rdp', rdp)}${line('pld', pld)}${others}`;
}

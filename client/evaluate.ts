import { GuildhallError } from '../errors/index.js';
import { summarise } from '../privacy/index.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { Ledger } from './ledger/ledger.js';
import type { Logger } from 'pino';
import { ModelStore } from './models.js';
import type { ModelVersion } from './models.js';
import { budgetOf } from './rounds/preconditions.js';
import { currentPolicy, openClient, trainerFor } from './session.js';
import type { LocalEvaluation } from './training/evaluation.js';
import type { TrainingProgress } from './training/messages.js';

/** The merchant's own line of the table: what it would have alone, what it has together, and what that cost. */
export interface EvaluationReport extends LocalEvaluation {
  readonly name: string;
  /** Spent in total, at δ. */
  readonly epsilon: number;
  readonly delta: number;
  readonly advantage: number;
  readonly bytesSent: number;
  /** The models that were looked at. */
  readonly models: readonly ModelVersion[];
}

/** How to evaluate. */
export interface EvaluateOptions {
  readonly dir: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/**
 * `guildhall client evaluate`: measures the merchant on its own test items, alone and with the newest models that it has
 * downloaded. Nothing is sent. Works while the client runs.
 * @throws GuildhallError STATE_*, CLIENT_*, DATA_*, LEDGER_*, MODEL_MALFORMED
 */
export async function evaluateClient(options: EvaluateOptions): Promise<EvaluationReport> {
  const { logger, clock = systemClock, signal = new AbortController().signal } = options;
  const client = openClient(options.dir);
  const { paths, merchant } = client.state;
  const spent = spentSoFar(paths, budgetOf(currentPolicy(client)), clock);
  const models = new ModelStore(paths.models);
  const trainer = trainerFor(client, logger, options.onProgress);
  try {
    const newest = models.newest();
    const bytes = newest.map(({ job, sha256 }) => {
      const content = models.read(sha256);
      if (content !== undefined) return content;
      throw new GuildhallError('STATE_DAMAGED', `The newest model of ${job} is not in ${paths.models}.`, {
        details: { file: paths.models },
      });
    });
    const evaluation = await trainer.evaluate(bytes, signal);
    return { name: merchant, ...evaluation, ...spent, models: newest };
  } finally {
    await trainer.close();
  }
}

function spentSoFar(
  paths: Parameters<typeof Ledger.open>[0],
  budget: ReturnType<typeof budgetOf>,
  clock: Clock,
): Pick<EvaluationReport, 'epsilon' | 'delta' | 'advantage' | 'bytesSent'> {
  const ledger = Ledger.open(paths);
  try {
    const { total } = summarise(ledger.entries, budget, clock.now());
    return { epsilon: total.epsilon, advantage: total.advantage, delta: budget.delta, bytesSent: ledger.bytesSent() };
  } finally {
    ledger.close();
  }
}

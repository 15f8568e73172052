/** A client that dies by SIGKILL between its ledger entry and its upload. Argument: the state directory. */
import { pino } from 'pino';
import { runClient } from '../../../client/index.js';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { EpsilonBudget, LedgerEntry } from '../../../privacy/index.js';
import { sessionTrainer } from './federation.js';

const [dir = ''] = process.argv.slice(2);

const spend = Object.getOwnPropertyDescriptor(Ledger.prototype, 'spend')?.value as Ledger['spend'];
Ledger.prototype.spend = function (this: Ledger, entry: LedgerEntry, budget: EpsilonBudget): void {
  spend.call(this, entry, budget);
  process.kill(process.pid, 'SIGKILL');
};

await runClient({
  dir,
  logger: pino({ level: 'silent' }),
  signal: new AbortController().signal,
  trainer: sessionTrainer(dir),
});

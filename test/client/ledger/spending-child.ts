/** A process that records in a ledger and says so after each step, for tests that kill it. Arguments: paths as JSON. */
import { writeSync } from 'node:fs';
import { Ledger } from '../../../client/ledger/ledger.js';
import type { LedgerPaths } from '../../../client/ledger/ledger.js';
import { BUDGET, NAME, NOW, SPENDING } from './spending.js';

/** As it should be, or telling before it has written: the control that a test must catch. */
const [order = 'write-first', paths = '{}'] = process.argv.slice(2);
const STDOUT = 1;

function step(said: string, record: () => void): void {
  if (order === 'tell-first') writeSync(STDOUT, said);
  record();
  if (order === 'write-first') writeSync(STDOUT, said);
}

const ledger = Ledger.open(JSON.parse(paths) as LedgerPaths);
// From here on every write counts.
writeSync(STDOUT, 'begin ');
step('joined ', () => ledger.join(NAME, NOW));
step('spent ', () => ledger.spend(SPENDING, BUDGET));
ledger.close();

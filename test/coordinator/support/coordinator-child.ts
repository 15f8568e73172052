/** A coordinator in a process of its own, to be killed. Argument: its state directory. Prints its address once it listens. */
import { startCoordinator } from '../../../coordinator/index.js';
import { logger, sumIsModel } from './federation.js';

const [dir = ''] = process.argv.slice(2);
const { address } = await startCoordinator({ dir, logger, applySum: sumIsModel, checkJob: () => undefined });
process.stdout.write(`${address}\n`);

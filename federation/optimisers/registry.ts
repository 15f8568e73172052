import { GuildhallError } from '../../errors/index.js';
import type { ServerOptimiser } from './optimiser.js';

/** FedAvg (McMahan et al. 2017): moves by the mean update. */
const fedavg: ServerOptimiser = {
  name: 'fedavg',
  move: (update, moments) => ({ ...moments, movement: update }),
};

/** FedAvgM (Hsu et al. 2019): momentum on the mean update. */
const fedavgm: ServerOptimiser = {
  name: 'fedavgm',
  move: (update, { first, second }, _step, terms) => {
    const momentum = terms.momentum * first + update;
    return { first: momentum, second, movement: momentum };
  },
};

/** FedAdagrad (Reddi et al. 2021, Algorithm 2). */
const fedadagrad: ServerOptimiser = {
  name: 'fedadagrad',
  move: (update, moments, _step, terms) => {
    const first = terms.momentum * moments.first + (1 - terms.momentum) * update;
    const second = moments.second + update * update;
    return { first, second, movement: first / (Math.sqrt(second) + terms.epsilon) };
  },
};

/** FedAdam (Reddi et al. 2021, Algorithm 2), with Adam's bias correction (Kingma & Ba 2015): rounds are few. */
const fedadam: ServerOptimiser = {
  name: 'fedadam',
  move: (update, moments, step, terms) => {
    const first = terms.momentum * moments.first + (1 - terms.momentum) * update;
    const second = terms.secondMomentum * moments.second + (1 - terms.secondMomentum) * update * update;
    const firstHat = first / (1 - terms.momentum ** step);
    const secondHat = second / (1 - terms.secondMomentum ** step);
    return { first, second, movement: firstHat / (Math.sqrt(secondHat) + terms.epsilon) };
  },
};

/** FedYogi (Reddi et al. 2021, Algorithm 2). */
const fedyogi: ServerOptimiser = {
  name: 'fedyogi',
  move: (update, moments, _step, terms) => {
    const first = terms.momentum * moments.first + (1 - terms.momentum) * update;
    const square = update * update;
    const second = moments.second - (1 - terms.secondMomentum) * square * Math.sign(moments.second - square);
    return { first, second, movement: first / (Math.sqrt(second) + terms.epsilon) };
  },
};

const OPTIMISERS: ReadonlyMap<string, ServerOptimiser> = new Map(
  [fedavg, fedavgm, fedadagrad, fedadam, fedyogi].map((optimiser) => [optimiser.name, optimiser]),
);

/**
 * The server optimiser of a contract.
 * @throws GuildhallError CONTRACT_MALFORMED for an unknown name
 */
export function optimiserNamed(name: string): ServerOptimiser {
  const optimiser = OPTIMISERS.get(name);
  if (optimiser === undefined) {
    throw new GuildhallError(
      'CONTRACT_MALFORMED',
      `There is no server optimiser '${name}'; there are ${[...OPTIMISERS.keys()].join(', ')}.`,
    );
  }
  return optimiser;
}

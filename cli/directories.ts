import type { Option } from 'commander';
import { optional, text } from './options.js';

/** The option that every command of the platform has. */
export function coordinatorDirectory(): Option {
  return optional('--dir <dir>', "the coordinator's state directory", text, 'guildhall-coordinator');
}

/** The option that every command of a merchant has. */
export function clientDirectory(): Option {
  return optional('--dir <dir>', "the merchant's state directory", text, 'guildhall-client');
}

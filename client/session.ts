import { readConfig, readPolicy, requireData } from './config/config.js';
import type { ClientConfig } from './config/config.js';
import type { Policy } from '../federation/index.js';
import type { Logger } from 'pino';
import { readMembers } from './members.js';
import { roundsApi } from './rounds/api.js';
import type { RoundsApi } from './rounds/api.js';
import { openState } from './state/directory.js';
import type { ClientState } from './state/directory.js';
import type { TrainingProgress, WorkerSettings } from './training/messages.js';
import { WorkerTrainer } from './training/trainer.js';
import { Caller } from './wire/caller.js';
import { mutualTls } from './wire/credentials.js';

/** A merchant's directory as every command begins with it. */
export interface OpenedClient {
  readonly state: ClientState;
  readonly config: ClientConfig;
}

/** @throws GuildhallError STATE_*, CLIENT_CONFIG_MALFORMED */
export function openClient(dir: string): OpenedClient {
  const state = openState(dir);
  return { state, config: readConfig(state.paths) };
}

/** A connection to the rounds service, to be closed. */
export interface Connection {
  readonly api: RoundsApi;
  readonly caller: Caller;
}

/** Connects lazily; the first call finds out whether anybody is there. */
export function connect({ state, config }: OpenedClient, onSent?: (bytes: number) => void): Connection {
  const caller = new Caller(config.coordinator, mutualTls(state.certificate), onSent);
  return { caller, api: roundsApi(caller) };
}

/** What works on the directory's data is told. @throws GuildhallError CLIENT_CONFIG_MALFORMED without a [data] table */
export function workerSettings({ state, config }: OpenedClient): WorkerSettings {
  const { paths, localKey } = state;
  const { cache, threads } = config;
  return { data: requireData(config, paths), cache, threads, localKey, compressedTower: paths.compressedTower };
}

/** A trainer over the directory's data. @throws GuildhallError CLIENT_CONFIG_MALFORMED without a [data] table */
export function trainerFor(
  client: OpenedClient,
  logger: Logger,
  onProgress?: (progress: TrainingProgress) => void,
): WorkerTrainer {
  return new WorkerTrainer({ settings: workerSettings(client), logger, onProgress });
}

/**
 * Whom this merchant believes to be a merchant: its pins, or the platform's word where the policy says so by name; itself
 * always under its own key.
 * @throws GuildhallError MEMBERS_MALFORMED; COORDINATOR_* when the platform's word is asked for and does not come
 */
export async function trustedMembers(
  { state }: OpenedClient,
  api: Pick<RoundsApi, 'listMembers'>,
  policy: Policy,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const others = policy.trust_platform_roster
    ? await api.listMembers({ signal })
    : new Map(readMembers(state.paths.members).map(({ name, identityKey }) => [name, identityKey]));
  return new Map([...others, [state.merchant, state.identity.publicKey]]);
}

/** The policy as the file says now. @throws GuildhallError POLICY_MALFORMED */
export const currentPolicy = ({ state }: OpenedClient): Policy => readPolicy(state.paths.policy);

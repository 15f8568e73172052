import { GuildhallError } from '../errors/index.js';
import { openContract, taskName } from '../federation/index.js';
import type { RoundTerms } from '../federation/index.js';
import { Envelope } from '../proto/index.js';
import { readPolicy } from './config/config.js';
import type { RememberedContract, RememberedRule } from './ledger/contracts.js';
import { Ledger } from './ledger/ledger.js';
import { openState } from './state/directory.js';
import type { ClientState } from './state/directory.js';

/** A contract that this client has seen, and what became of it. */
export interface SeenContract {
  /** Its SHA-256, hexadecimal. */
  readonly sha256: string;
  readonly job: string;
  readonly round: number;
  readonly step: number;
  readonly steps: number;
  readonly task: string;
  readonly seen: string;
  /** `joined`: accepted, and its first message was sent; `spent`: paid for, too, whatever became of the round after that. */
  readonly decision: 'declined' | 'accepted' | 'joined' | 'spent';
  /** Codes of every refusal, also of those in the middle of the round. */
  readonly codes: readonly string[];
  /** Every rule as it judged when the contract was last seen. */
  readonly rules: readonly RememberedRule[];
}

/** Which contracts to show. */
export interface ContractsOptions {
  readonly dir: string;
  /** Begins the SHA-256 of the one to show; undefined for all. */
  readonly contract?: string | undefined;
}

/** A merchant's directory, open for looking at what was seen. */
interface Records {
  readonly state: ClientState;
  readonly ledger: Ledger;
}

/**
 * `guildhall client contracts`: the contracts seen, newest last, each with its decision and the rules behind it. Works
 * while the client runs.
 * @throws GuildhallError STATE_*, LEDGER_*, CONTRACT_UNKNOWN
 */
export function listContracts({ dir, contract }: ContractsOptions): readonly SeenContract[] {
  return withRecords(dir, (records) => {
    const all = records.ledger.contracts.all();
    const chosen = contract === undefined ? all : [matching(all, contract)];
    return chosen.map((remembered) => describe(remembered, records));
  });
}

/**
 * The terms of a contract that was seen.
 * @param contract begins its SHA-256; undefined for the newest
 * @throws GuildhallError STATE_*, LEDGER_*, CONTRACT_UNKNOWN
 */
export function seenTerms(
  { state, ledger }: Records,
  contract: string | undefined,
): { readonly terms: RoundTerms; readonly sha256: Uint8Array } {
  const all = ledger.contracts.all();
  const remembered = contract === undefined ? all.at(-1) : matching(all, contract);
  if (remembered === undefined) throw unknown('No contract has been seen yet.');
  return openContract(Envelope.decode(remembered.envelope), state.contractKey);
}

/** Runs `work` over a merchant's records, which are closed afterwards. @throws GuildhallError STATE_*, LEDGER_* */
export function withRecords<T>(dir: string, work: (records: Records) => T): T {
  const state = openState(dir);
  readPolicy(state.paths.policy);
  const ledger = Ledger.open(state.paths);
  try {
    return work({ state, ledger });
  } finally {
    ledger.close();
  }
}

function matching(all: readonly RememberedContract[], prefix: string): RememberedContract {
  const [found, second] = all.filter(({ sha256 }) => sha256.startsWith(prefix.toLowerCase()));
  if (found === undefined) throw unknown(`No contract seen begins with ${prefix}.`);
  if (second !== undefined) throw unknown(`More than one contract begins with ${prefix}.`);
  return found;
}

function unknown(message: string): GuildhallError {
  return new GuildhallError('CONTRACT_UNKNOWN', message);
}

function describe(remembered: RememberedContract, { state, ledger }: Records): SeenContract {
  const { sha256, envelope, seenAt, rules } = remembered;
  const { terms } = openContract(Envelope.decode(envelope), state.contractKey);
  const { job, round, step, steps } = terms;
  const codes = ledger
    .refusals()
    .filter(({ contractSha256 }) => contractSha256 === sha256)
    .map(({ code }) => code);
  const name = { job, round, contractSha256: new Uint8Array(Buffer.from(sha256, 'hex')) };
  const spent = ledger.entries.some(({ contractSha256 }) => contractSha256 === sha256);
  const joined = ledger.hasJoined(name);
  const accepted = rules.every((rule) => rule.accepted);
  return {
    sha256,
    ...{ job, round, step, steps },
    task: taskName(terms.task),
    seen: new Date(seenAt).toISOString(),
    decision: spent ? 'spent' : joined ? 'joined' : accepted && codes.length === 0 ? 'accepted' : 'declined',
    codes,
    rules,
  };
}

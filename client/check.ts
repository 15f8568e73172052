import { GuildhallError } from '../errors/index.js';
import { checkPolicy, compileTerms, planJobs } from '../federation/index.js';
import type { Policy, PolicyVerdict, RoundTerms } from '../federation/index.js';
import { readShop } from '../recommender/index.js';
import type { DataReport } from '../recommender/index.js';
import { systemClock } from './clock.js';
import { certificateTerm } from './certificate.js';
import type { CertificateTerm } from './certificate.js';
import type { Clock } from './clock.js';
import { requireData } from './config/config.js';
import { Ledger } from './ledger/ledger.js';
import { readMembers } from './members.js';
import { connect, currentPolicy, openClient } from './session.js';
import type { OpenedClient } from './session.js';
import { shopSources } from './training/sources.js';

/** One thing that was looked at. */
export interface CheckFinding {
  readonly subject: 'policy' | 'members' | 'ledger' | 'certificate' | 'connection' | 'data';
  readonly state: 'ok' | 'warning' | 'failed';
  /** Set where the state is `failed`. */
  readonly code?: string;
  readonly sentence: string;
  /** What to do, where there is something to do. */
  readonly help?: string;
}

/** What `guildhall client check` found; everything in it stays on this machine. */
export interface CheckReport {
  readonly merchant: string;
  readonly federation: string;
  /** False when any finding is `failed`. */
  readonly ready: boolean;
  readonly findings: readonly CheckFinding[];
  /** Counts, gaps and bad rows with their lines; undefined when the data could not be read. */
  readonly data: DataReport | undefined;
  /** How the policy judges an example of the default job (8 merchants, c = 2, ε = 1); undefined without a valid policy. */
  readonly example: PolicyVerdict | undefined;
  readonly certificate: { readonly expires: string; readonly daysLeft: number };
}

/** What to check. */
export interface CheckOptions {
  readonly dir: string;
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock;
}

const CONNECTION_TIMEOUT_MS = 10_000;

/**
 * Looks at everything that a run needs, without taking part in anything: settings, policy, members, ledger, certificate,
 * connection, data. What fails becomes a finding, so that one run shows every problem.
 * @throws GuildhallError STATE_*, CLIENT_CONFIG_MALFORMED: without these there is nothing to check
 */
export async function checkClient({ dir, signal, clock = systemClock }: CheckOptions): Promise<CheckReport> {
  const client = openClient(dir);
  const { merchant, federation } = client.state;
  const findings: CheckFinding[] = [];
  const note = <T>(subject: CheckFinding['subject'], look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      findings.push(failure(subject, error));
      return undefined;
    }
  };
  const policy = note('policy', () => currentPolicy(client));
  if (policy !== undefined) findings.push(policyFinding(policy));
  const members = note('members', () => readMembers(client.state.paths.members));
  if (members !== undefined) findings.push(membersFinding(members.length, policy));
  const entries = note('ledger', () => countEntries(client));
  if (entries !== undefined) findings.push(fine('ledger', `the ledger's ${entries} entries are whole`));
  const certificate = certificateTerm(client.state.certificate.certificate, clock.now());
  findings.push(certificateFinding(certificate));
  findings.push(await connectionFinding(client, signal));
  const { data, finding } = await dataState(client, clock.now());
  findings.push(finding);
  return {
    merchant,
    federation,
    ready: findings.every(({ state }) => state !== 'failed'),
    findings,
    data,
    example:
      policy === undefined ? undefined : checkPolicy(policy, exampleTerms(federation), { federation, roundsToday: 0 }),
    certificate: { expires: certificate.expires, daysLeft: certificate.daysLeft },
  };
}

function policyFinding(policy: Policy): CheckFinding {
  if (policy.trust_platform_roster) {
    return {
      subject: 'policy',
      state: 'warning',
      sentence: 'trust_platform_roster is on: a platform that lies can fill a roster with its own puppets',
      help: 'Pin the other merchants (guildhall client members pin) and turn it off.',
    };
  }
  if (policy.allow_without_noise) {
    return {
      subject: 'policy',
      state: 'warning',
      sentence: 'allow_without_noise is on: contracts without differential privacy are accepted',
    };
  }
  return fine('policy', 'the policy is valid');
}

function membersFinding(pinned: number, policy: Policy | undefined): CheckFinding {
  const needed = policy?.trust_platform_roster === true ? 0 : (policy?.minimum_merchants ?? 1) - 1;
  if (pinned >= needed) return fine('members', `${pinned} other merchants are pinned`);
  return {
    subject: 'members',
    state: 'warning',
    sentence: `only ${pinned} other merchants are pinned; a round needs ${needed} at least`,
    help: 'Compare fingerprints with the other merchants, then pin them: guildhall client members pin.',
  };
}

function countEntries({ state }: OpenedClient): number {
  const ledger = Ledger.open(state.paths);
  try {
    return ledger.entries.length;
  } finally {
    ledger.close();
  }
}

function certificateFinding({ state, begins, expires, daysLeft }: CertificateTerm): CheckFinding {
  const failed = (sentence: string, help: string): CheckFinding => ({
    ...{ subject: 'certificate', state: 'failed', code: 'CERTIFICATE_EXPIRED', sentence, help },
  });
  switch (state) {
    case 'not yet valid':
      return failed(`it begins at ${begins}`, "Check this machine's clock.");
    case 'expired':
      return failed(`it expired at ${expires}`, new GuildhallError('CERTIFICATE_EXPIRED', '').help);
    case 'expiring':
      return {
        ...{ subject: 'certificate', state: 'warning', sentence: `it expires in ${daysLeft} days` },
        help: 'A client that runs renews it by itself; if none has, guildhall client renew says why.',
      };
    case 'valid':
      return fine('certificate', `it is valid for another ${daysLeft} days`);
  }
}

async function connectionFinding(client: OpenedClient, signal: AbortSignal | undefined): Promise<CheckFinding> {
  const { api, caller } = connect(client);
  try {
    const members = await api.listMembers({ signal, timeoutMs: CONNECTION_TIMEOUT_MS });
    return fine('connection', `the coordinator at ${caller.target} answers and knows ${members.size} merchants`);
  } catch (error) {
    return failure('connection', error);
  } finally {
    caller.close();
  }
}

async function dataState(
  client: OpenedClient,
  now: number,
): Promise<{ readonly finding: CheckFinding; readonly data: DataReport | undefined }> {
  try {
    const { report } = await readShop(
      shopSources(requireData(client.config, client.state.paths), client.state.localKey, now),
    );
    const refused = report.items.rows - report.items.used + report.events.rows - report.events.used;
    const odd = report.anomalies.length;
    const sentence = `${report.shop.shoppers} shoppers, ${report.shop.items} items, ${report.shop.events} events; ${refused} rows refused, anomalies of ${odd === 1 ? '1 kind' : `${odd} kinds`}`;
    return { data: report, finding: { ...fine('data', sentence), state: refused > 0 || odd > 0 ? 'warning' : 'ok' } };
  } catch (error) {
    return { data: undefined, finding: failure('data', error) };
  }
}

/** The default job as a platform with 8 merchants would propose it at ε = 1. */
function exampleTerms(federation: string): RoundTerms {
  const [job] = planJobs({
    jobs: ['reranker'],
    privacy: { epsilon: 1, delta: 1e-6 },
    roster: { minimumMerchants: 6, colluders: 2, minimumSurvivors: 6, maximumMerchants: 8 },
    expectedShoppers: 8000,
    catalogues: [],
  });
  if (job === undefined) throw new RangeError('the default plan has one job');
  return compileTerms({ ...job.template, federation, round: 1, step: 1, modelSha256: Buffer.alloc(32) });
}

const fine = (subject: CheckFinding['subject'], sentence: string): CheckFinding => ({ subject, state: 'ok', sentence });

function failure(subject: CheckFinding['subject'], error: unknown): CheckFinding {
  if (!(error instanceof GuildhallError)) throw error;
  return { subject, state: 'failed', code: error.code, sentence: error.message, help: error.help };
}

import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { stringify } from 'smol-toml';
import { fingerprint, SigningKey } from '../crypto/index.js';
import { syncFolder } from '../durable/index.js';
import { GuildhallError } from '../errors/index.js';
import { EnrolmentServiceService } from '../proto/index.js';
import type { EnrolResponse } from '../proto/index.js';
import { acceptCertificate } from './certificate.js';
import { presetText } from './config/policy-text.js';
import { configTemplate } from './config/templates.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { parseInvite } from './invite.js';
import type { Invite } from './invite.js';
import { certificatePem, createTlsRequest } from './keys.js';
import { Ledger } from './ledger/ledger.js';
import { isJoined, statePaths } from './state/directory.js';
import { storageFailure } from './state/failures.js';
import { ensureDirectory, readIfPresent, writeAtomically } from './state/files.js';
import { Caller } from './wire/caller.js';
import { pinnedTls } from './wire/credentials.js';
import { retrying } from './wire/retry.js';

/** How to join. */
export interface JoinOptions {
  /** The state directory to make; it must not hold a merchant yet. */
  readonly dir: string;
  /** Path of the invite file. */
  readonly invite: string;
  /** Data files to write into the new client.toml. */
  readonly items?: string | undefined;
  readonly events?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long to keep trying while the coordinator does not answer, in ms. @default 5000 */
  readonly patienceMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

const DEFAULT_PATIENCE_MS = 5_000;

/** A finished enrolment. */
export interface JoinResult {
  readonly dir: string;
  readonly merchant: string;
  readonly federation: string;
  /** To be read to the other merchants by a way outside the platform. */
  readonly fingerprint: string;
  readonly certificateExpires: string;
}

/**
 * Joins a federation: makes the keys, has the certificate issued, and only then lets the state directory appear, whole,
 * by one rename. A lost answer is asked for again with the same request; a join that failed leaves nothing behind and can be
 * repeated, unless the coordinator had accepted it and its answer never came.
 * @throws GuildhallError INVITE_*, STATE_EXISTS, COORDINATOR_*, STATE_* and the enrolment service's own codes
 */
export async function joinFederation(options: JoinOptions): Promise<JoinResult> {
  const dir = resolve(options.dir);
  refuseOccupied(dir);
  const text = readIfPresent(options.invite);
  if (text === undefined) {
    throw new GuildhallError('INVITE_MALFORMED', `There is no invite file ${options.invite}.`, {
      details: { file: options.invite },
    });
  }
  const invite = parseInvite(text.toString('utf8'), options.invite);
  ensureDirectory(dirname(dir));
  const draft = join(dirname(dir), `.${basename(dir)}.${randomBytes(6).toString('hex')}.joining`);
  try {
    // Everything that can fail on this machine fails before the one-time token is used.
    ensureDirectory(draft);
    const seed = randomBytes(32);
    const identity = SigningKey.fromSeed(seed);
    const tls = await createTlsRequest(invite.merchant);
    writeOwnFiles(draft, invite, { seed, tlsKey: tls.keyPem, clock: options.clock ?? systemClock, options });
    const answer = await enrol(invite, identity, tls.request, options);
    const certificate = checkAnswer(invite, answer, tls.keyPem);
    writeAtomically(statePaths(draft).tlsCertificate, certificatePem(answer.certificate));
    publish(draft, dir);
    return {
      dir,
      merchant: invite.merchant,
      federation: invite.federation,
      fingerprint: fingerprint(identity.publicKey),
      certificateExpires: new Date(certificate.validTo).toISOString(),
    };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function refuseOccupied(dir: string): void {
  if (isJoined(dir))
    throw new GuildhallError('STATE_EXISTS', `${dir} already holds a merchant.`, { details: { file: dir } });
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    throw new GuildhallError('STATE_EXISTS', `${dir} exists and is not empty.`, { details: { file: dir } });
  }
}

interface OwnFiles {
  readonly seed: Uint8Array;
  readonly tlsKey: string;
  readonly clock: Clock;
  readonly options: JoinOptions;
}

function writeOwnFiles(draft: string, invite: Invite, { seed, tlsKey, clock, options }: OwnFiles): void {
  const paths = statePaths(draft);
  writeAtomically(paths.identityKey, `${Buffer.from(seed).toString('hex')}\n`, 'secret');
  writeAtomically(paths.localKey, `${randomBytes(32).toString('hex')}\n`, 'secret');
  writeAtomically(paths.tlsKey, tlsKey, 'secret');
  writeAtomically(paths.authority, invite.authority);
  writeAtomically(paths.contractKey, `${Buffer.from(invite.contractKey).toString('hex')}\n`);
  const config = {
    coordinator: invite.address,
    items: absolute(options.items),
    events: absolute(options.events),
  };
  writeAtomically(paths.config, configTemplate(config));
  writeAtomically(paths.policy, presetText('balanced'));
  ensureDirectory(paths.models);
  ensureDirectory(paths.cache);
  Ledger.create(paths, clock.now()).close();
  const joined = new Date(clock.now()).toISOString();
  writeAtomically(
    paths.merchant,
    stringify({ merchant: invite.merchant, federation: invite.federation, joined_at: joined }),
  );
}

const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));

async function enrol(
  invite: Invite,
  identity: SigningKey,
  request: Uint8Array,
  options: JoinOptions,
): Promise<EnrolResponse> {
  const { signal = new AbortController().signal, clock = systemClock, patienceMs = DEFAULT_PATIENCE_MS } = options;
  const caller = new Caller(invite.enrolmentAddress, pinnedTls(invite.authority));
  const signed = Buffer.concat([
    Buffer.from('guildhall/v1/enrol'),
    createHash('sha256').update(invite.token).digest(),
    request,
  ]);
  const message = {
    token: Buffer.from(invite.token),
    certificateRequest: Buffer.from(request),
    identityKey: Buffer.from(identity.publicKey),
    identitySignature: identity.sign(signed),
  };
  try {
    return await retrying(() => caller.unary(EnrolmentServiceService.enrol, message, { signal }), {
      clock,
      signal,
      withinMs: patienceMs,
    });
  } finally {
    caller.close();
  }
}

/** The certificate must be the invite's authority's, over the key that was just made, under the invited name. */
function checkAnswer(invite: Invite, answer: EnrolResponse, tlsKey: string): X509Certificate {
  const refuse = (what: string): GuildhallError => new GuildhallError('COORDINATOR_ANSWER', `The certificate ${what}.`);
  if (answer.merchant !== invite.merchant) throw refuse(`is for "${answer.merchant}", not for "${invite.merchant}"`);
  if (!new X509Certificate(invite.authority).raw.equals(answer.authority)) {
    throw refuse("comes with another authority than the invite's");
  }
  return acceptCertificate(answer.certificate, { authority: invite.authority, key: tlsKey });
}

function publish(draft: string, dir: string): void {
  try {
    syncFolder(draft);
    if (existsSync(dir)) rmdirSync(dir);
    renameSync(draft, dir);
    syncFolder(dirname(dir));
  } catch (error) {
    throw storageFailure(error, 'create the state directory', dir);
  }
}

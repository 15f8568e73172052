import type { CoordinatorOptions } from '../../../coordinator/index.js';
import { sha256 } from '../../../crypto/index.js';
import type { Envelope } from '../../../crypto/index.js';
import { decodeUnverified, sealMessage } from '../../../crypto/secagg/messages.js';
import type { MessageKind } from '../../../crypto/secagg/messages.js';
import { Phase } from '../../../proto/index.js';
import type { Contract } from '../../../proto/index.js';
import { expectedSum, template, TestFederation } from '../../coordinator/support/federation.js';
import type { TestMerchant } from '../../coordinator/support/merchant.js';
import { EXACT } from '../attack.js';
import { MESSAGE_ATTACKS } from '../messages.js';
import { SHARE_ATTACKS } from '../shares.js';

const LIAR = 4;
/** Everybody, by number. */
export const EVERYBODY = [0, 1, 2, 3, 4];
/** All but the liar. */
export const HONEST = [0, 1, 2, 3];
/** d of the round. */
export const DIMENSION = 1000;
const GRACE_MS = 2001;

/** Five merchants and the real coordinator; the last merchant is the liar. */
export async function withLiar<T>(
  play: (federation: TestFederation, liar: TestMerchant) => Promise<T>,
  configure: (federation: TestFederation) => void = () => undefined,
  options: Partial<CoordinatorOptions> = {},
): Promise<T> {
  const federation = await TestFederation.create();
  try {
    configure(federation);
    await federation.start(options);
    await federation.join(EVERYBODY.length);
    const liar = federation.merchants[LIAR];
    if (liar === undefined) throw new Error('a liar');
    return await play(federation, liar);
  } finally {
    await federation.destroy();
  }
}

/** Everybody connects, and a job is submitted. */
export async function begin(federation: TestFederation, terms: Partial<Contract> = {}): Promise<void> {
  federation.watch();
  await federation.admin.submitJob({ template: template('sum', terms), model: Buffer.from('start') });
}

/** Whether the round ends in the sum of these merchants' vectors modulo 2^w. */
export async function sumOf(federation: TestFederation, merchants: readonly number[]): Promise<string> {
  for (const index of HONEST) await federation.merchants[index]?.reaches(Phase.PHASE_DONE);
  return (await released(federation)).equals(sha256(expectedSum(merchants, DIMENSION))) ? EXACT : 'a wrong sum';
}

/** The hash of what the coordinator released last. */
export async function released(federation: TestFederation): Promise<Buffer> {
  const { jobs } = await federation.admin.status();
  return jobs[0]?.modelSha256 ?? Buffer.alloc(0);
}

/** The liar is gone, and its grace over: the others need not wait for the deadline. */
export async function goesAway(federation: TestFederation, liar: TestMerchant): Promise<void> {
  liar.vanish();
  for (;;) {
    const listed = await federation.admin.listMerchants();
    if (listed.filter(({ connected }) => connected).length === HONEST.length) break;
  }
  federation.clock.advance(GRACE_MS);
}

/** Changes a message and signs it again as its merchant. */
export function changed<T>(
  liar: TestMerchant,
  kind: MessageKind<T & { merchant: string }>,
  envelope: Envelope,
  change: (message: T) => Partial<T & { merchant: string }>,
): Envelope {
  const message = decodeUnverified(envelope, kind);
  return sealMessage(kind, { ...message, ...change(message) }, liar.identity);
}

/** The same attack with its defence off: the coordinator's machine without the check. */
export function offMachines(does: string): () => Promise<string | undefined> {
  const attack = [...SHARE_ATTACKS, ...MESSAGE_ATTACKS].find((one) => one.does === does);
  if (attack === undefined) throw new Error(`no attack that ${does}`);
  return () => {
    const gained = attack.off();
    return Promise.resolve(gained === undefined ? undefined : `${gained}, on a machine without the check`);
  };
}

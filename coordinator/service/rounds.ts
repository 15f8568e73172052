import { once } from 'node:events';

import type { ServerWritableStream } from '@grpc/grpc-js';

import { GuildhallError, isErrorCode } from '../../errors/index.js';
import { Envelope } from '../../proto/index.js';
import type { DownloadModelRequest, DownloadModelResponse, RoundsServiceServer } from '../../proto/index.js';
import type { Driver } from '../rounds/driver.js';
import type { OpenRound } from '../rounds/open-round.js';
import { messageDigest, modelIdOf, roundIdOf } from '../store/index.js';
import type { MessageStep, Store } from '../store/index.js';
import { malformed } from './errors.js';
import { Handlers } from './handlers.js';
import type { Gate } from './handlers.js';
import type { Renewals } from './renewal.js';
import { headerOf } from './upload.js';
import type { UploadDesk } from './upload.js';
import type { WatchHub } from './watch.js';

/** What the rounds service works with. */
export interface RoundsServiceParts {
  readonly gate: Gate;
  readonly store: Store;
  readonly driver: Driver;
  readonly hub: WatchHub;
  readonly uploads: UploadDesk;
  readonly renewals: Renewals;
}

/** RoundsService: what a merchant's client may call. */
export function roundsService(parts: RoundsServiceParts): RoundsServiceServer {
  const { store, driver, hub, uploads, renewals } = parts;
  const handlers = new Handlers(parts.gate, 'merchant');

  /** The open round of a contract. @throws GuildhallError ROUND_UNKNOWN, PHASE_PASSED */
  const openRoundOf = async (contractSha256: Uint8Array): Promise<OpenRound> => {
    const id = roundIdOf(contractSha256);
    if (driver.round?.record.id === id) return driver.round;
    const record = await store.rounds.find(id);
    if (record?.endedAtMs !== undefined)
      throw new GuildhallError('PHASE_PASSED', `The round ended as ${record.phase}.`);
    // A stored round that is not open here is about to be resumed.
    if (record !== undefined) throw new GuildhallError('PHASE_NOT_REACHED', 'The round is being resumed.');
    throw new GuildhallError('ROUND_UNKNOWN', 'No round has this contract.');
  };

  /** Whether these very bytes were accepted before: then the answer is the same, also after the round. */
  const isRepeat = async (
    contractSha256: Uint8Array,
    step: MessageStep,
    merchant: string,
    envelope: Envelope,
  ): Promise<boolean> => {
    const known = await store.messages.digest(roundIdOf(contractSha256), step, merchant);
    return known !== undefined && known === messageDigest(Envelope.encode(envelope).finish());
  };

  const submit = async (
    step: Exclude<MessageStep, 'input'>,
    merchant: string,
    request: { contractSha256: Uint8Array; envelope: Envelope | undefined },
  ): Promise<Record<string, never>> => {
    const envelope = requireEnvelope(request.envelope);
    if (await isRepeat(request.contractSha256, step, merchant, envelope)) return {};
    const round = await openRoundOf(request.contractSha256);
    await round.submit(step, merchant, envelope);
    return {};
  };

  return {
    watch: handlers.sending((call, merchant) => hub.watch(call, merchant)),
    downloadModel: handlers.sending((call) => sendModel(store, call)),
    listMembers: handlers.unary(async () => {
      const merchants = await store.merchants.list();
      const members = merchants.filter(({ state }) => state === 'enrolled');
      return { members: members.map(({ name, identityKey }) => ({ merchant: name, identityKey })) };
    }),
    renewCertificate: handlers.unary(async (_request, merchant) => ({ certificate: await renewals.renew(merchant) })),
    advertise: handlers.unary((request, merchant) =>
      submit('advertise', merchant, { ...request, envelope: request.advertisement }),
    ),
    getRoster: handlers.unary(async ({ contractSha256 }, merchant) => ({
      roster: (await openRoundOf(contractSha256)).answers.roster(merchant),
    })),
    open: handlers.unary((request, merchant) => submit('open', merchant, { ...request, envelope: request.opening })),
    getCoins: handlers.unary(async ({ contractSha256 }, merchant) => ({
      coins: (await openRoundOf(contractSha256)).answers.coins(merchant),
    })),
    share: handlers.unary((request, merchant) => submit('share', merchant, { ...request, envelope: request.sharing })),
    getDelivery: handlers.unary(async ({ contractSha256 }, merchant) => ({
      delivery: (await openRoundOf(contractSha256)).answers.delivery(merchant),
    })),
    uploadInput: handlers.receiving(async (call, merchant) => {
      const messages = call[Symbol.asyncIterator]();
      const { contractSha256, input, ledgerHead } = headerOf(await messages.next());
      const envelope = requireEnvelope(input);
      if (await isRepeat(contractSha256, 'input', merchant, envelope)) {
        return { receipt: Envelope.decode(await uploads.receiptOf(roundIdOf(contractSha256), merchant)) };
      }
      const round = await openRoundOf(contractSha256);
      const receipt = await uploads.receive(round, merchant, { envelope, ledgerHead }, messages);
      return { receipt: Envelope.decode(receipt) };
    }),
    getNewestReceipt: handlers.unary(async (_request, merchant) => {
      const newest = await store.receipts.newest(merchant);
      return { receipt: newest === undefined ? undefined : Envelope.decode(newest) };
    }),
    getSurvivors: handlers.unary(async ({ contractSha256 }, merchant) => ({
      survivors: (await openRoundOf(contractSha256)).answers.survivors(merchant),
    })),
    agree: handlers.unary((request, merchant) =>
      submit('agree', merchant, { ...request, envelope: request.agreement }),
    ),
    getAgreements: handlers.unary(async ({ contractSha256 }, merchant) => ({
      agreements: (await openRoundOf(contractSha256)).answers.agreements(merchant),
    })),
    unmask: handlers.unary((request, merchant) =>
      submit('unmask', merchant, { ...request, envelope: request.unmasking }),
    ),
    decline: handlers.unary(async ({ contractSha256, code }, merchant) => {
      if (!isErrorCode(code)) throw malformed('A refusal is a registered code.');
      await (await openRoundOf(contractSha256)).decline(merchant, code);
      return {};
    }),
  };
}

async function sendModel(
  store: Store,
  call: ServerWritableStream<DownloadModelRequest, DownloadModelResponse>,
): Promise<void> {
  if (call.request.sha256.length !== 32) throw malformed('A model is named by 32 bytes.');
  const gone = new AbortController();
  call.on('cancelled', () => {
    gone.abort();
  });
  for await (const chunk of store.models.read(modelIdOf(call.request.sha256))) {
    if (call.cancelled) return;
    if (!call.write({ chunk })) {
      try {
        await once(call, 'drain', { signal: gone.signal });
      } catch {
        return;
      }
    }
  }
  call.end();
}

function requireEnvelope(envelope: Envelope | undefined): Envelope {
  if (envelope === undefined) throw malformed('The signed envelope is missing.');
  return envelope;
}

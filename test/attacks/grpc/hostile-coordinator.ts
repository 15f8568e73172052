import { readFileSync } from 'node:fs';
import type { handleUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { statePaths } from '../../../coordinator/index.js';
import type { AnyCall } from '../../../coordinator/service/callers.js';
import { LARGEST_MESSAGE } from '../../../coordinator/service/limits.js';
import { Listener } from '../../../coordinator/service/listener.js';
import { bytesToWords, sha256, SigningKey } from '../../../crypto/index.js';
import { OPENING, SHARING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import { signReceipt } from '../../../federation/index.js';
import { JobState, RoundsServiceService } from '../../../proto/index.js';
import type {
  Coins,
  DeliveredShare,
  Delivery,
  Envelope,
  ModelEvent,
  Phase,
  Receipt,
  RoundsServiceServer,
  UploadInputRequest,
  WatchRequest,
  WatchResponse,
} from '../../../proto/index.js';
import { Inbox } from './inbox.js';
import type { Sent } from './inbox.js';
import { STEPS } from './script.js';
import type { Script } from './script.js';

/**
 * A coordinator that shows every merchant what its script says, and checks nothing: a real gRPC server with the platform's
 * own certificate, authority and contract key. A test moves it from phase to phase, for all merchants or for some.
 */
export class HostileCoordinator {
  readonly contractKey: SigningKey;
  /** The platform's word for who is a merchant. */
  members: ReadonlyMap<string, Uint8Array> = new Map();
  port = 0;
  /** What has been sent in this round. */
  readonly inbox = new Inbox();
  readonly #listener: Listener;
  readonly #streams = new Map<string, ServerWritableStream<WatchRequest, WatchResponse>>();
  readonly #dealt = new Map<Envelope, ReadonlyMap<string, DeliveredShare>>();
  #script: Script | undefined;

  private constructor(dir: string) {
    const paths = statePaths(dir);
    this.contractKey = SigningKey.fromSeed(readFileSync(paths.contractKey));
    this.#listener = new Listener(
      {
        certificate: readFileSync(paths.serverCertificate),
        key: readFileSync(paths.serverKey),
        clientAuthority: readFileSync(paths.authorityCertificate),
      },
      { largestMessage: LARGEST_MESSAGE },
    );
    this.#listener.server.addService(RoundsServiceService, this.#service());
  }

  /** Listens with what the coordinator of a state directory has. */
  static async start(dir: string): Promise<HostileCoordinator> {
    const coordinator = new HostileCoordinator(dir);
    coordinator.port = await coordinator.#listener.bind({ host: '127.0.0.1', port: 0 });
    return coordinator;
  }

  /** Begins another round. */
  play(script: Script): void {
    this.#script = script;
    this.inbox.clear();
    this.#dealt.clear();
  }

  /** Changes what merchants are shown from now on. */
  show(changes: Partial<Script>): void {
    this.#script = { ...this.#playing(), ...changes };
  }

  /** Waits for merchants to be connected. */
  async connected(merchants: readonly string[]): Promise<void> {
    await this.inbox.until(() => merchants.every((merchant) => this.#streams.has(merchant)));
  }

  /** Waits for a merchant's stream to have ended. */
  async parted(merchant: string): Promise<void> {
    await this.inbox.until(() => !this.#streams.has(merchant));
  }

  /** Tells merchants that the round is in a phase. */
  announce(phase: Phase, merchants: readonly string[], code = ''): void {
    for (const merchant of merchants) {
      const contract = this.#playing().contract(merchant);
      this.#tell(merchant, { $case: 'round', value: { contract, phase, deadlineMs: 0, code } });
    }
  }

  /** Tells merchants that a job is over: what they say of it shows that they have heard everything before. */
  endJob(job: string, merchants: readonly string[]): void {
    for (const merchant of merchants) {
      this.#tell(merchant, { $case: 'job', value: { job, state: JobState.JOB_STATE_DONE, code: '' } });
    }
  }

  /** Tells merchants of a newer model of a job. */
  announceModel(model: ModelEvent, merchants: readonly string[]): void {
    for (const merchant of merchants) this.#tell(merchant, { $case: 'model', value: model });
  }

  /** Announces a phase, and waits until each of the merchants has answered it or declined the round. */
  async step(phase: Phase, merchants: readonly string[]): Promise<void> {
    const step = STEPS.get(phase);
    if (step === undefined) throw new Error('nobody answers this phase');
    const { inbox } = this;
    const declines = (merchant: string): boolean => inbox.times(merchant, 'decline') > 0;
    const present = merchants.filter((merchant) => !declines(merchant));
    const before = new Map(present.map((merchant) => [merchant, inbox.times(merchant, step)]));
    this.announce(phase, present);
    const owing = new Set(present);
    await inbox.until(() => {
      for (const merchant of owing) {
        if (inbox.times(merchant, step) > (before.get(merchant) ?? 0) || declines(merchant)) owing.delete(merchant);
        else return false;
      }
      return true;
    });
  }

  /** Waits until a merchant has declined so many times. */
  async declined(merchant: string, times: number): Promise<void> {
    await this.inbox.until(() => this.inbox.times(merchant, 'decline') >= times);
  }

  /** Cuts every stream. */
  disconnect(): void {
    for (const stream of this.#streams.values()) stream.end();
    this.#streams.clear();
  }

  async close(): Promise<void> {
    this.disconnect();
    await this.#listener.close(200);
  }

  #playing(): Script {
    if (this.#script === undefined) throw new Error('no round is played');
    return this.#script;
  }

  #tell(merchant: string, event: NonNullable<WatchResponse['event']>): void {
    this.#streams.get(merchant)?.write({ event });
  }

  #note(merchant: string, step: Sent, envelope: Envelope | undefined, code = ''): void {
    this.inbox.note({ merchant, step, envelope, code });
  }

  #coins(merchant: string): Coins {
    const opened = [...this.inbox.envelopes('open').values()].map((envelope) => decodeUnverified(envelope, OPENING));
    return { coins: [...(this.#playing().coins?.(merchant, opened) ?? opened)] };
  }

  /** U2 and the boxes as a merchant is shown them. */
  delivery(merchant: string): Delivery {
    const { sharers: shownSharers, boxes } = this.#playing();
    const sharings = this.inbox.envelopes('share');
    const sharers = shownSharers?.(merchant, [...sharings.keys()]) ?? [...sharings.keys()];
    const dealt = sharers.flatMap((sender) => {
      const envelope = sharings.get(sender);
      const share = envelope === undefined ? undefined : this.#dealtIn(envelope, sender).get(merchant);
      return share === undefined ? [] : [share];
    });
    return { sharers: [...sharers], shares: [...(boxes?.(merchant, dealt) ?? dealt)] };
  }

  async #modelFor(merchant: string, wanted: Buffer): Promise<Uint8Array> {
    const { model } = this.#playing();
    return typeof model === 'function' ? model(merchant, wanted) : model;
  }

  /** What a merchant dealt, by recipient; decoded once. */
  #dealtIn(envelope: Envelope, sender: string): ReadonlyMap<string, DeliveredShare> {
    const known = this.#dealt.get(envelope);
    if (known !== undefined) return known;
    const { shares } = decodeUnverified(envelope, SHARING);
    const dealt = new Map(shares.map((share) => [share.recipient, { ...share, sender }]));
    this.#dealt.set(envelope, dealt);
    return dealt;
  }

  #service(): RoundsServiceServer {
    const takes = <Q>(step: Sent, envelopeOf: (request: Q) => Envelope | undefined) =>
      answering<Q, Record<string, never>>((merchant, request) => {
        this.#note(merchant, step, envelopeOf(request));
        return {};
      });
    return {
      watch: (call) => {
        const merchant = nameOf(call);
        this.#streams.set(merchant, call);
        const leave = (): void => {
          if (this.#streams.get(merchant) === call) this.#streams.delete(merchant);
          this.inbox.wake();
        };
        for (const event of ['cancelled', 'error', 'close']) call.on(event, leave);
        this.inbox.wake();
      },
      downloadModel: (call) => {
        void this.#modelFor(nameOf(call), call.request.sha256).then((bytes) => {
          call.write({ chunk: Buffer.from(bytes) });
          call.end();
        });
      },
      listMembers: answering(() => ({
        members: [...this.members].map(([merchant, key]) => ({ merchant, identityKey: Buffer.from(key) })),
      })),
      advertise: takes('advertise', ({ advertisement }) => advertisement),
      getRoster: answering((merchant) => {
        const all = this.inbox.envelopes('advertise');
        return { roster: { advertisements: this.#playing().roster?.(merchant, all) ?? [...all.values()] } };
      }),
      open: takes('open', ({ opening }) => opening),
      getCoins: answering((merchant) => ({ coins: this.#coins(merchant) })),
      share: takes('share', ({ sharing }) => sharing),
      getDelivery: answering((merchant) => ({ delivery: this.delivery(merchant) })),
      uploadInput: (call, callback) => {
        const merchant = nameOf(call);
        const parts: NonNullable<UploadInputRequest['part']>[] = [];
        call.on('data', ({ part }: UploadInputRequest) => {
          if (part !== undefined) parts.push(part);
        });
        call.on('end', () => callback(null, { receipt: this.#take(merchant, parts) }));
      },
      getNewestReceipt: answering(() => ({ receipt: undefined })),
      getSurvivors: answering((merchant) => {
        const all = this.inbox.envelopes('input');
        return { survivors: { inputs: this.#playing().survivors?.(merchant, all) ?? [...all.values()] } };
      }),
      agree: takes('agree', ({ agreement }) => agreement),
      getAgreements: answering((merchant) => {
        const all = this.inbox.envelopes('agree');
        return { agreements: { agreements: this.#playing().agreements?.(merchant, all) ?? [...all.values()] } };
      }),
      unmask: takes('unmask', ({ unmasking }) => unmasking),
      renewCertificate: answering(() => ({ certificate: Buffer.alloc(0) })),
      decline: answering((merchant, { code }) => {
        this.#note(merchant, 'decline', undefined, code);
        return {};
      }),
    };
  }

  #take(merchant: string, parts: readonly NonNullable<UploadInputRequest['part']>[]): Envelope {
    const [first, ...rest] = parts;
    if (first?.$case !== 'header') throw new Error('an upload begins with its header');
    const vector = Buffer.concat(rest.map((part) => (part.$case === 'chunk' ? part.value : Buffer.alloc(0))));
    this.inbox.noteUpload(merchant, bytesToWords(vector));
    this.#note(merchant, 'input', first.value.input);
    const { contractSha256, ledgerHead } = first.value;
    const receipt: Receipt = { contractSha256, merchant, vectorSha256: sha256(vector), ledgerHead };
    return signReceipt(this.#playing().receipt?.(merchant, receipt) ?? receipt, this.contractKey);
  }
}

/** A handler that knows its caller's name and answers at once. */
function answering<Q, A>(answer: (merchant: string, request: Q) => A): handleUnaryCall<Q, A> {
  return (call, callback) => callback(null, answer(nameOf(call), call.request));
}

function nameOf(call: AnyCall): string {
  return String(call.getAuthContext().sslPeerCertificate?.subject.CN);
}

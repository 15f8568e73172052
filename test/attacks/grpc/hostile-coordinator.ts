import { readFileSync } from 'node:fs';
import type { handleUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { statePaths } from '../../../coordinator/index.js';
import type { AnyCall } from '../../../coordinator/service/callers.js';
import { LARGEST_MESSAGE } from '../../../coordinator/service/limits.js';
import { Listener } from '../../../coordinator/service/listener.js';
import { bytesToWords, sha256, SigningKey } from '../../../crypto/index.js';
import { SHARING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import { signReceipt } from '../../../federation/index.js';
import { JobState, Phase, RoundsServiceService } from '../../../proto/index.js';
import type {
  Delivery,
  Envelope,
  Receipt,
  RoundsServiceServer,
  UploadInputRequest,
  WatchRequest,
  WatchResponse,
} from '../../../proto/index.js';

/** What a merchant does in a round that a coordinator can see. */
export type Sent = 'advertise' | 'share' | 'input' | 'agree' | 'unmask' | 'decline';

/** Who sent what; kept in the order of arrival. */
export interface Received {
  readonly merchant: string;
  readonly step: Sent;
  readonly envelope: Envelope | undefined;
  /** The code of a refusal: all that it says. */
  readonly code: string;
}

const STEPS = new Map<Phase, Sent>([
  [Phase.PHASE_ADVERTISING, 'advertise'],
  [Phase.PHASE_SHARING, 'share'],
  [Phase.PHASE_COLLECTING, 'input'],
  [Phase.PHASE_AGREEING, 'agree'],
  [Phase.PHASE_UNMASKING, 'unmask'],
]);

type Envelopes = ReadonlyMap<string, Envelope>;

/** What each merchant is shown; what is left out is what an honest coordinator shows, unchecked. */
export interface Script {
  readonly contract: (merchant: string) => Envelope;
  readonly model: Uint8Array | ((merchant: string) => Uint8Array);
  readonly roster?: (merchant: string, advertisements: Envelopes) => Envelope[];
  /** U2. */
  readonly sharers?: (merchant: string, sharers: readonly string[]) => readonly string[];
  /** U3's inputs. */
  readonly survivors?: (merchant: string, inputs: Envelopes) => Envelope[];
  readonly agreements?: (merchant: string, agreements: Envelopes) => Envelope[];
  readonly receipt?: (merchant: string, receipt: Receipt) => Receipt;
}

/**
 * A coordinator that shows every merchant what its script says, and checks nothing: a real gRPC server with the platform's
 * own certificate, authority and contract key. A test moves it from phase to phase, for all merchants or for some.
 */
export class HostileCoordinator {
  readonly contractKey: SigningKey;
  /** The platform's word for who is a merchant. */
  members: ReadonlyMap<string, Uint8Array> = new Map();
  port = 0;
  readonly #listener: Listener;
  readonly #streams = new Map<string, ServerWritableStream<WatchRequest, WatchResponse>>();
  readonly #waiting = new Set<() => void>();
  #script: Script | undefined;
  #received: Received[] = [];
  #uploads: { readonly merchant: string; readonly words: Uint32Array }[] = [];

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
    this.#received = [];
    this.#uploads = [];
  }

  /** Changes what merchants are shown from now on. */
  show(changes: Partial<Script>): void {
    this.#script = { ...this.#playing(), ...changes };
  }

  /** Everything that was sent in this round, in order. */
  get received(): readonly Received[] {
    return this.#received;
  }

  /** The masked vectors that a merchant uploaded, in order. */
  uploads(merchant: string): Uint32Array[] {
    return this.#uploads.filter((one) => one.merchant === merchant).map(({ words }) => words);
  }

  /** The newest envelope of a step by merchant, in the order of names. */
  envelopes(step: Sent): Map<string, Envelope> {
    const found = new Map<string, Envelope>();
    for (const { merchant, step: its, envelope } of this.#received) {
      if (its === step && envelope !== undefined) found.set(merchant, envelope);
    }
    return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** How often a merchant sent something at a step. */
  times(merchant: string, step: Sent): number {
    return this.#received.filter((one) => one.merchant === merchant && one.step === step).length;
  }

  /** Waits for merchants to be connected. */
  async connected(merchants: readonly string[]): Promise<void> {
    await this.#until(() => merchants.every((merchant) => this.#streams.has(merchant)));
  }

  /** Waits for a merchant's stream to have ended. */
  async parted(merchant: string): Promise<void> {
    await this.#until(() => !this.#streams.has(merchant));
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

  /** Announces a phase, and waits until each of the merchants has answered it or declined the round. */
  async step(phase: Phase, merchants: readonly string[]): Promise<void> {
    const step = STEPS.get(phase);
    if (step === undefined) throw new Error('nobody answers this phase');
    const before = new Map(merchants.map((merchant) => [merchant, this.times(merchant, step)]));
    const present = merchants.filter((merchant) => this.times(merchant, 'decline') === 0);
    this.announce(phase, present);
    await this.#until(() =>
      present.every(
        (merchant) => this.times(merchant, step) > (before.get(merchant) ?? 0) || this.times(merchant, 'decline') > 0,
      ),
    );
  }

  /** Waits until a merchant has declined so many times. */
  async declined(merchant: string, times: number): Promise<void> {
    await this.#until(() => this.times(merchant, 'decline') >= times);
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

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  #note(merchant: string, step: Sent, envelope: Envelope | undefined, code = ''): void {
    this.#received.push({ merchant, step, envelope, code });
    this.#wake();
  }

  #delivery(merchant: string): Delivery {
    const sharings = this.envelopes('share');
    const sharers = this.#playing().sharers?.(merchant, [...sharings.keys()]) ?? [...sharings.keys()];
    const shares = sharers.flatMap((sender) => {
      const envelope = sharings.get(sender);
      const dealt = envelope === undefined ? [] : decodeUnverified(envelope, SHARING).shares;
      return dealt.filter(({ recipient }) => recipient === merchant).map((share) => ({ ...share, sender }));
    });
    return { sharers: [...sharers], shares };
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
          this.#wake();
        };
        for (const event of ['cancelled', 'error', 'close']) call.on(event, leave);
        this.#wake();
      },
      downloadModel: (call) => {
        const { model } = this.#playing();
        call.write({ chunk: Buffer.from(typeof model === 'function' ? model(nameOf(call)) : model) });
        call.end();
      },
      listMembers: answering(() => ({
        members: [...this.members].map(([merchant, key]) => ({ merchant, identityKey: Buffer.from(key) })),
      })),
      advertise: takes('advertise', ({ advertisement }) => advertisement),
      getRoster: answering((merchant) => {
        const all = this.envelopes('advertise');
        return { roster: { advertisements: this.#playing().roster?.(merchant, all) ?? [...all.values()] } };
      }),
      open: answering(() => ({})),
      getCoins: answering(() => ({ coins: { coins: [] } })),
      share: takes('share', ({ sharing }) => sharing),
      getDelivery: answering((merchant) => ({ delivery: this.#delivery(merchant) })),
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
        const all = this.envelopes('input');
        return { survivors: { inputs: this.#playing().survivors?.(merchant, all) ?? [...all.values()] } };
      }),
      agree: takes('agree', ({ agreement }) => agreement),
      getAgreements: answering((merchant) => {
        const all = this.envelopes('agree');
        return { agreements: { agreements: this.#playing().agreements?.(merchant, all) ?? [...all.values()] } };
      }),
      unmask: takes('unmask', ({ unmasking }) => unmasking),
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
    this.#uploads.push({ merchant, words: bytesToWords(vector) });
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

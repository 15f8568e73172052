import { credentials, Metadata } from '@grpc/grpc-js';
import type { ClientReadableStream } from '@grpc/grpc-js';

import type { Invite } from '../../../coordinator/index.js';
import { osRandom, SecAggClient, sha256, SigningKey } from '../../../crypto/index.js';
import { openContract, secAggTermsOf } from '../../../federation/index.js';
import type { RoundTerms } from '../../../federation/index.js';
import { Phase, RoundsServiceClient } from '../../../proto/index.js';
import type {
  Envelope,
  GetAgreementsResponse,
  GetCoinsResponse,
  GetDeliveryResponse,
  GetRosterResponse,
  GetSurvivorsResponse,
  RoundEvent,
  WatchResponse,
} from '../../../proto/index.js';
import { codeOf, required, unary } from './calls.js';
import { enrol, enrolmentFor, pem } from './enrolling.js';

/** What of a round a merchant keeps, so that everything can be sent again. */
interface Participation {
  readonly terms: RoundTerms;
  readonly sha256: Buffer;
  readonly client: SecAggClient;
  readonly sent: Map<Phase, () => Promise<unknown>>;
}

/** A client in miniature: the protocol's machine, the wire, nothing else. */
export class TestMerchant {
  readonly name: string;
  readonly identity: SigningKey;
  readonly certificate: Buffer;
  readonly authority: Buffer;
  readonly keyPem: Buffer;
  readonly contractKey: Buffer;
  rounds: RoundsServiceClient;
  /** Everything that the watch stream said. */
  readonly events: WatchResponse[] = [];
  /** Phases in which this merchant does nothing. */
  readonly idleIn = new Set<Phase>();
  readonly failures: string[] = [];
  members: ReadonlyMap<string, Uint8Array> = new Map();
  /** Where to connect anew when the connection is lost; otherwise it stays lost. */
  comesBackTo: string | undefined;
  /** Keeps a prepared upload back instead of sending it. */
  hold: ((upload: { contractSha256: Buffer; input: Envelope; bytes: Buffer }) => void) | undefined;
  /** What it sends instead of what it should. */
  alter: (phase: Phase, envelope: Envelope) => Envelope = (_, envelope) => envelope;
  /** What it asks to be countersigned. */
  ledgerHead = Buffer.alloc(32, 7);
  vectorOf: (terms: RoundTerms) => Uint32Array = ({ dimension }) => new Uint32Array(dimension);
  readonly #participations = new Map<string, Participation>();
  readonly #waiting = new Set<() => void>();
  #stream: ClientReadableStream<WatchResponse> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    invite: Invite,
    own: { name: string; identity: SigningKey; keyPem: Buffer; certificate: Buffer },
  ) {
    this.name = own.name;
    this.identity = own.identity;
    this.keyPem = own.keyPem;
    this.certificate = own.certificate;
    this.authority = pem(invite.authority);
    this.contractKey = invite.contractKey;
    this.rounds = this.channel(invite.address);
  }

  static async join(invite: Invite): Promise<TestMerchant> {
    const identity = SigningKey.generate(osRandom);
    const { keyPem, request } = await enrolmentFor(invite, identity);
    const { merchant, certificate } = await enrol(invite, request);
    return new TestMerchant(invite, { name: merchant, identity, keyPem, certificate });
  }

  /** A fresh channel with this merchant's certificate. */
  channel(address: string): RoundsServiceClient {
    return new RoundsServiceClient(address, credentials.createSsl(this.authority, this.keyPem, pem(this.certificate)));
  }

  /** Opens the watch stream and takes part in whatever it announces. */
  watch(): void {
    const stream = this.rounds.watch({});
    this.#stream = stream;
    stream.on('error', () => {
      if (this.comesBackTo !== undefined && stream === this.#stream) this.reconnect(this.comesBackTo);
    });
    stream.on('data', (message: WatchResponse) => {
      this.events.push(message);
      if (message.event?.$case === 'round') {
        const { value } = message.event;
        this.#queue = this.#queue.then(() => this.#follow(value)).then(() => this.#wake());
      }
      this.#wake();
    });
  }

  /** Cuts the connection, as a killed process would. */
  vanish(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.cancel();
    this.rounds.close();
  }

  /** Connects anew, knowing what it knew. */
  reconnect(address: string): void {
    this.vanish();
    this.rounds = this.channel(address);
    this.events.length = 0;
    this.watch();
  }

  /** Waits until something holds; looked at again after every event. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Waits for a phase of any round to be announced, and for this merchant to have done its part in it. */
  async reaches(phase: Phase, after = 0): Promise<RoundEvent> {
    const find = (): RoundEvent | undefined =>
      this.events
        .slice(after)
        .map(({ event }) => (event?.$case === 'round' ? event.value : undefined))
        .find((round) => round?.phase === phase);
    await this.until(() => find() !== undefined);
    await this.#queue;
    const found = find();
    if (found === undefined) throw new Error('not reached');
    return found;
  }

  /** Sends again what was sent in a phase. */
  async resend(phase: Phase): Promise<void> {
    for (const { sent } of this.#participations.values()) await sent.get(phase)?.();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  async #follow(event: RoundEvent): Promise<void> {
    if (this.idleIn.has(event.phase) || event.contract === undefined) return;
    const key = sha256(event.contract.payload).toString('hex');
    try {
      const known = this.#participations.get(key)?.sent.get(event.phase);
      await (known === undefined ? this.#act(event.phase, event.contract, key) : known());
    } catch (error) {
      this.failures.push(codeOf(error));
    }
  }

  async #act(phase: Phase, contract: Envelope, key: string): Promise<void> {
    if (phase === Phase.PHASE_ADVERTISING) {
      const { terms, sha256: digest } = openContract(contract, this.contractKey);
      const { client, advertisement } = SecAggClient.start({
        terms: secAggTermsOf(terms, digest),
        merchant: this.name,
        identity: this.identity,
        members: this.members,
        survivorsFloor: 0,
        colludersFloor: 0,
        random: osRandom,
      });
      const contractSha256 = Buffer.from(digest);
      this.#participations.set(key, { terms, sha256: contractSha256, client, sent: new Map() });
      await this.#send(key, phase, () =>
        unary((done) =>
          this.rounds.advertise({ contractSha256, advertisement: this.alter(phase, advertisement) }, done),
        ),
      );
      return;
    }
    const round = this.#participations.get(key);
    if (round === undefined) return;
    const { client, sha256: contractSha256 } = round;
    switch (phase) {
      case Phase.PHASE_OPENING:
      case Phase.PHASE_SHARING: {
        if (client.phase === 'opened') {
          const { coins } = await unary<GetCoinsResponse>((done) => this.rounds.getCoins({ contractSha256 }, done));
          const sharing = this.alter(phase, client.receive({ step: 'coins', coins: required(coins) }).sharing);
          await this.#send(key, phase, () => unary((done) => this.rounds.share({ contractSha256, sharing }, done)));
          return;
        }
        const { roster } = await unary<GetRosterResponse>((done) => this.rounds.getRoster({ contractSha256 }, done));
        const met = client.receive({ step: 'roster', roster: required(roster) });
        if (met.kind === 'opening') {
          const opening = this.alter(phase, met.opening);
          await this.#send(key, phase, () => unary((done) => this.rounds.open({ contractSha256, opening }, done)));
          return;
        }
        const sharing = this.alter(phase, met.sharing);
        await this.#send(key, phase, () => unary((done) => this.rounds.share({ contractSha256, sharing }, done)));
        return;
      }
      case Phase.PHASE_COLLECTING: {
        const { delivery } = await unary<GetDeliveryResponse>((done) =>
          this.rounds.getDelivery({ contractSha256 }, done),
        );
        client.receive({ step: 'delivery', delivery: required(delivery) });
        const { packed, ...masked } = client.receive({ step: 'input', vector: this.vectorOf(round.terms) });
        const input = this.alter(phase, masked.input);
        const bytes = Buffer.from(packed);
        if (this.hold === undefined) await this.#send(key, phase, () => this.upload(contractSha256, input, bytes));
        else this.hold({ contractSha256, input, bytes });
        return;
      }
      case Phase.PHASE_AGREEING: {
        const { survivors } = await unary<GetSurvivorsResponse>((done) =>
          this.rounds.getSurvivors({ contractSha256 }, done),
        );
        const answer = client.receive({ step: 'survivors', survivors: required(survivors) });
        const agreement = this.alter(phase, answer.agreement);
        await this.#send(key, phase, () => unary((done) => this.rounds.agree({ contractSha256, agreement }, done)));
        return;
      }
      case Phase.PHASE_UNMASKING: {
        const { agreements } = await unary<GetAgreementsResponse>((done) =>
          this.rounds.getAgreements({ contractSha256 }, done),
        );
        const answer = client.receive({ step: 'agreements', agreements: required(agreements) });
        const unmasking = this.alter(phase, answer.unmasking);
        await this.#send(key, phase, () => unary((done) => this.rounds.unmask({ contractSha256, unmasking }, done)));
        return;
      }
      default:
        return;
    }
  }

  async #send(key: string, phase: Phase, send: () => Promise<unknown>): Promise<void> {
    this.#participations.get(key)?.sent.set(phase, send);
    await send();
  }

  /** Uploads bytes in chunks of an odd size. */
  upload(contractSha256: Buffer, input: Envelope, bytes: Uint8Array, chunk = 10_007): Promise<Envelope> {
    return new Promise((resolve, reject) => {
      const stream = this.rounds.uploadInput(new Metadata(), {}, (error, answer) =>
        error === null ? resolve(required(answer.receipt)) : reject(error),
      );
      stream.on('error', () => undefined);
      stream.write({ part: { $case: 'header', value: { contractSha256, input, ledgerHead: this.ledgerHead } } });
      for (let at = 0; at < bytes.length; at += chunk) {
        stream.write({ part: { $case: 'chunk', value: Buffer.from(bytes.subarray(at, at + chunk)) } });
      }
      stream.end();
    });
  }
}

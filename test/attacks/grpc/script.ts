import { Phase } from '../../../proto/index.js';
import type { DeliveredShare, Envelope, OpenedCoin, Receipt } from '../../../proto/index.js';
import type { Sent } from './inbox.js';

/** What merchants answer each phase with. */
export const STEPS: ReadonlyMap<Phase, Sent> = new Map([
  [Phase.PHASE_ADVERTISING, 'advertise'],
  [Phase.PHASE_OPENING, 'open'],
  [Phase.PHASE_SHARING, 'share'],
  [Phase.PHASE_COLLECTING, 'input'],
  [Phase.PHASE_AGREEING, 'agree'],
  [Phase.PHASE_UNMASKING, 'unmask'],
]);

type Envelopes = ReadonlyMap<string, Envelope>;

/** What each merchant is shown; what is left out is what an honest coordinator shows, unchecked. */
export interface Script {
  readonly contract: (merchant: string) => Envelope;
  readonly model: Uint8Array | ((merchant: string, sha256: Buffer) => Uint8Array | Promise<Uint8Array>);
  readonly roster?: (merchant: string, advertisements: Envelopes) => Envelope[];
  readonly coins?: (merchant: string, opened: readonly OpenedCoin[]) => readonly OpenedCoin[];
  /** U2. */
  readonly sharers?: (merchant: string, sharers: readonly string[]) => readonly string[];
  /** The boxes that were dealt to a merchant. */
  readonly boxes?: (merchant: string, dealt: readonly DeliveredShare[]) => readonly DeliveredShare[];
  /** U3's inputs. */
  readonly survivors?: (merchant: string, inputs: Envelopes) => Envelope[];
  readonly agreements?: (merchant: string, agreements: Envelopes) => Envelope[];
  readonly receipt?: (merchant: string, receipt: Receipt) => Receipt;
}

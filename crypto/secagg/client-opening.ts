import type { Advertisement, Coins, Roster } from '../../proto/index.js';
import { sameEnvelope } from '../dsse.js';
import { AgreementKey } from '../x25519.js';
import { share } from './client-masking.js';
import type {
  ClientOptions,
  Opened,
  OpeningOutput,
  Session,
  Shared,
  SharingOutput,
  Transition,
} from './client-state.js';
import { readCoins } from './coins.js';
import { NeighbourGraph } from './graph.js';
import { ADVERTISEMENT, OPENING, sealMessage } from './messages.js';
import { refuse } from './refusal.js';
import { memberKey, readRoster } from './roster.js';
import { checkTerms } from './terms.js';
import { coinCommitment } from './transcript.js';

/**
 * R0 Advertise: fresh keys, and a commitment to a coin.
 *
 * @throws GuildhallError SECAGG_TERMS_INVALID, SECAGG_COLLUDERS_BELOW_FLOOR; SECAGG_NOT_A_MEMBER or
 * SECAGG_OWN_KEY_ALTERED if the members list has another key, or none, under this merchant's name
 */
export function advertise(options: ClientOptions): Session {
  const { terms, merchant, identity, members, colludersFloor, random } = options;
  checkTerms(terms);
  if (terms.colluders < colludersFloor) {
    refuse('SECAGG_COLLUDERS_BELOW_FLOOR', `the round tolerates ${terms.colluders} colluders, below ${colludersFloor}`);
  }
  if (Buffer.compare(memberKey(members, merchant), identity.publicKey) !== 0) {
    refuse('SECAGG_OWN_KEY_ALTERED', `the members list has another identity key for ${merchant}`, { merchant });
  }
  const boxKey = AgreementKey.generate(random);
  const maskKey = AgreementKey.generate(random);
  const coin = random.bytes(32);
  const advertisement: Advertisement = {
    contractSha256: Buffer.from(terms.contractSha256),
    merchant,
    boxPublicKey: Buffer.from(boxKey.publicKey),
    maskPublicKey: Buffer.from(maskKey.publicKey),
    coinCommitment: coinCommitment(merchant, coin),
  };
  return {
    ...options,
    boxKey,
    maskKey,
    coin,
    advertisement: sealMessage(ADVERTISEMENT, advertisement, identity),
    verified: new WeakSet(),
  };
}

/**
 * Takes the roster, once it has passed every check. On the complete graph R1 follows at once; on a sparse one R0b Open:
 * the coin goes out.
 *
 * @throws GuildhallError SECAGG_OWN_KEY_ALTERED, SECAGG_SURVIVORS_BELOW_FLOOR, SECAGG_TOO_FEW_HONEST and the codes of
 * {@link readRoster}
 */
export function receiveRoster(
  session: Session,
  roster: Roster,
): Transition<Opened, OpeningOutput> | Transition<Shared, SharingOutput> {
  const { terms, merchant, identity, coin } = session;
  if (!roster.advertisements.some((envelope) => sameEnvelope(envelope, session.advertisement))) {
    refuse('SECAGG_OWN_KEY_ALTERED', `the roster lacks the advertisement that ${merchant} sent`, { merchant });
  }
  const view = readRoster(roster.advertisements, session);
  const { minimumSurvivors, edgeProbability } = view.thresholds;
  if (minimumSurvivors < session.survivorsFloor) {
    refuse(
      'SECAGG_SURVIVORS_BELOW_FLOOR',
      `the round unmasks for ${minimumSurvivors} merchants, below ${session.survivorsFloor}`,
    );
  }
  if (minimumSurvivors - terms.colluders < 2) {
    refuse(
      'SECAGG_TOO_FEW_HONEST',
      `of ${minimumSurvivors} survivors ${terms.colluders} may collude: fewer than two honest ones are left`,
    );
  }
  if (edgeProbability === 1) return share(session, view, NeighbourGraph.complete(view));
  const opening = { transcript: view.transcript, merchant, coin: Buffer.from(coin) };
  return {
    state: { phase: 'opened', view },
    output: { kind: 'opening', opening: sealMessage(OPENING, opening, identity) },
  };
}

/**
 * Takes the opened coins, derives this merchant's edges from them and goes on with R1 Share.
 *
 * @throws GuildhallError SECAGG_OWN_COIN_MISSING, SECAGG_OPENED_TOO_FEW, the codes of {@link readCoins} and of
 * {@link share}
 */
export function receiveCoins(session: Session, { view }: Opened, message: Coins): Transition<Shared, SharingOutput> {
  const { merchant } = session;
  const coins = readCoins(message, view);
  if (!coins.has(merchant)) {
    refuse('SECAGG_OWN_COIN_MISSING', `the coin of ${merchant} is not among the opened ones`, { merchant });
  }
  return share(session, view, NeighbourGraph.sparse(view, coins), new Set(coins.keys()));
}

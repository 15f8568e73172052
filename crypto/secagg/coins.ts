import type { Coins } from '../../proto/index.js';
import { equalBytes } from '../bytes.js';
import { refuse, requireMerchantOrder } from './refusal.js';
import type { RosterEntry, RosterView } from './roster.js';
import { coinCommitment } from './transcript.js';

/** Bytes of a coin ρ. */
export const COIN_BYTES = 32;

/** @throws GuildhallError SECAGG_COIN_MISMATCH unless the coin opens the commitment that its merchant advertised */
export function requireCoin(entry: RosterEntry, coin: Uint8Array): void {
  const { merchant } = entry;
  if (coin.length !== COIN_BYTES || !equalBytes(coinCommitment(merchant, coin), entry.coinCommitment)) {
    refuse('SECAGG_COIN_MISMATCH', `the coin of ${merchant} is not the one that it committed to`, { merchant });
  }
}

/**
 * Checks every opened coin against the roster.
 *
 * @returns the coins by merchant
 * @throws GuildhallError SECAGG_DUPLICATE, SECAGG_MESSAGE_MALFORMED, SECAGG_COIN_UNLISTED, SECAGG_COIN_MISMATCH,
 * SECAGG_OPENED_TOO_FEW
 */
export function readCoins(message: Coins, view: RosterView): ReadonlyMap<string, Uint8Array> {
  requireMerchantOrder(
    message.coins.map(({ merchant }) => merchant),
    'the list of coins',
  );
  for (const { merchant, coin } of message.coins) {
    const entry = view.byMerchant.get(merchant);
    requireCoin(entry ?? refuse('SECAGG_COIN_UNLISTED', `a coin of ${merchant}, who is not in the roster`), coin);
  }
  const { minimumSurvivors } = view.thresholds;
  if (message.coins.length < minimumSurvivors) {
    refuse(
      'SECAGG_OPENED_TOO_FEW',
      `${message.coins.length} merchants opened their coins; at least ${minimumSurvivors} are needed`,
    );
  }
  return new Map(message.coins.map(({ merchant, coin }) => [merchant, coin]));
}

import { streamRandom } from '../../crypto/index.js';
import { isGateShopper, loadTextIndex, openMerchant } from '../../recommender/index.js';
import type { Catalogue, Engine, Merchant, Shopper } from '../../recommender/index.js';
import type { AuditOptions } from './report.js';

/** A fair coin for each canary: 1 where it is among its merchant's shoppers. */
export function tossCoins({ canaries, key }: Pick<AuditOptions, 'canaries' | 'key'>): Uint8Array {
  return streamRandom(key())
    .bytes(canaries)
    .map((byte) => byte & 1);
}

/** An invented catalogue, of which nothing matters but its size. */
export function plainCatalogue(size: number): Catalogue {
  const items = Array.from({ length: size }, (_, i) => ({
    id: `item-${i}`,
    title: `article number ${i}`,
    brand: '',
    category: '',
  }));
  return { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) };
}

/**
 * Opens honest merchants, with canary i at merchant i mod their number if its coin says so.
 * @param planting.merchants their number
 * @param planting.historyOf a canary's events
 * @returns the merchants, and each one's canaries in the order of its contributors
 */
export function openMerchants(
  engine: Engine,
  catalogue: Catalogue,
  planting: {
    readonly coins: Uint8Array;
    readonly merchants: number;
    readonly historyOf: (canary: number) => Int32Array;
    readonly key: AuditOptions['key'];
  },
): { readonly merchant: Merchant; readonly planted: readonly number[] }[] {
  const text = loadTextIndex(catalogue, engine);
  const { coins, merchants, historyOf, key } = planting;
  return Array.from({ length: merchants }, (_, m) => {
    const gateSecret = key();
    const planted = Array.from(coins.keys()).filter((canary) => canary % merchants === m && coins[canary] === 1);
    const shoppers = planted.map((canary): Shopper => ({
      key: contributorKey(gateSecret, canary),
      history: historyOf(canary),
    }));
    return { merchant: openMerchant({ engine, text, shop: { catalogue, shoppers }, gateSecret }), planted };
  });
}

/** A name under which a canary contributes: the gate, which it must not fall under, goes by names. */
function contributorKey(gateSecret: Uint8Array, canary: number): string {
  for (let attempt = 0; ; attempt++) {
    const name = `canary-${canary}-${attempt}`;
    if (!isGateShopper(gateSecret, name)) return name;
  }
}

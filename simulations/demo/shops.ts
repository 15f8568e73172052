import { basename, join } from 'node:path';
import { GuildhallError } from '../../errors/index.js';
import type { Catalogue, Shop } from '../../recommender/index.js';
import { holdsShop, readShopFolder, shopFolders, writeShop } from '../files.js';
import type { ShopFiles } from '../files.js';
import { inventMarketplace } from '../marketplace.js';
import { merchantName } from '../names.js';
import { partitionShoppers } from '../partition.js';
import type { DemoOptions, DemoProgress } from './options.js';

/** One merchant's files, before it has joined anything. */
export interface DemoShop {
  readonly name: string;
  /** Name of its catalogue; merchants of one catalogue share their item ids. */
  readonly catalogue: string;
  readonly files: ShopFiles;
  readonly shoppers: number;
}

/** The merchants of a demo. */
export interface DemoShops {
  readonly dataset: string;
  readonly synthetic: boolean;
  readonly shops: readonly DemoShop[];
  readonly catalogues: ReadonlyMap<string, Catalogue>;
}

const SYNTHETIC = { catalogue: 'market', merchants: 8, shoppers: 600, items: 3000 } as const;
const MERCHANTS_A_CATALOGUE = 5;
const SHOPPERS_OF_DATA = 1000;

/**
 * Writes every merchant's files: cut from real catalogues by the seed, or invented.
 * @param folder gets one sub-folder a merchant
 * @throws GuildhallError USAGE, FILE_UNREADABLE, DATA_*, FILE_UNWRITABLE
 */
export async function prepareShops(options: DemoOptions, folder: string, progress: DemoProgress): Promise<DemoShops> {
  return options.data === undefined
    ? inventShops(options, folder, progress)
    : cutShops(options.data, options, folder, progress);
}

async function inventShops(options: DemoOptions, folder: string, progress: DemoProgress): Promise<DemoShops> {
  const { merchants = SYNTHETIC.merchants, shoppers = SYNTHETIC.shoppers, seed } = options;
  const { catalogue: name, items } = SYNTHETIC;
  if (shoppers === 'all') {
    throw new GuildhallError('USAGE', 'Invented shops have as many shoppers as asked for: all needs --data.');
  }
  progress.say(`Inventing ${merchants} merchants of ${shoppers} shoppers and ${items} items: SYNTHETIC data.`);
  const market = inventMarketplace({ seed: String(seed), merchants, shoppers, items });
  const shops: DemoShop[] = [];
  for (const shop of market.merchants) shops.push(await place(shop, name, { folder, position: shops.length }));
  return { dataset: 'synthetic', synthetic: true, shops, catalogues: new Map([[name, market.catalogue]]) };
}

async function cutShops(
  data: string,
  options: DemoOptions,
  folder: string,
  progress: DemoProgress,
): Promise<DemoShops> {
  const sources = catalogueFolders(data, options.catalogues);
  const { merchants = MERCHANTS_A_CATALOGUE * sources.length, shoppers = SHOPPERS_OF_DATA, seed } = options;
  const shops: DemoShop[] = [];
  const catalogues = new Map<string, Catalogue>();
  for (const [index, { name, path }] of sources.entries()) {
    const share = Math.floor(merchants / sources.length) + (index < merchants % sources.length ? 1 : 0);
    progress.say(
      `Cutting ${name} into ${share} merchants ${shoppers === 'all' ? 'with all its' : `of ${shoppers}`} shoppers …`,
    );
    const read = (await readShopFolder(path)).shop;
    // Catalogues number their items alike; the name in front keeps one's item 7 from being another's.
    const shop = sources.length === 1 ? read : withPrefix(read, name);
    catalogues.set(name, shop.catalogue);
    for (const part of partitionShoppers(shop, { merchants: share, shoppers, seed: String(seed) })) {
      shops.push(await place(part, name, { folder, position: shops.length }));
    }
  }
  const dataset = `${basename(data)}/${sources.map(({ name }) => name).join('+')}`;
  return { dataset, synthetic: false, shops, catalogues };
}

function catalogueFolders(data: string, chosen: readonly string[] | undefined): { name: string; path: string }[] {
  if (holdsShop(data)) return [{ name: catalogueName(basename(data)), path: data }];
  const present = shopFolders(data);
  const wanted = chosen ?? present;
  const missing = wanted.find((name) => !present.includes(name));
  if (missing !== undefined || wanted.length === 0) {
    const found = present.length === 0 ? 'none' : present.join(', ');
    throw new GuildhallError(
      'USAGE',
      `${data} has no catalogue${missing === undefined ? '' : ` "${missing}"`}; it has ${found}.`,
    );
  }
  return wanted.map((name) => ({ name: catalogueName(name), path: join(data, name) }));
}

/** A folder's name as jobs may be called after it. */
function catalogueName(folder: string): string {
  return folder.toLowerCase().replace(/[^a-z0-9._-]+/g, '-');
}

function withPrefix({ catalogue, shoppers }: Shop, prefix: string): Shop {
  const items = catalogue.items.map((item) => ({ ...item, id: `${prefix}/${item.id}` }));
  return { catalogue: { items, indexOf: new Map(items.map(({ id }, index) => [id, index])) }, shoppers };
}

async function place(
  shop: Shop,
  catalogue: string,
  { folder, position }: { readonly folder: string; readonly position: number },
): Promise<DemoShop> {
  const name = merchantName(position);
  return { name, catalogue, files: await writeShop(join(folder, name), shop), shoppers: shop.shoppers.length };
}

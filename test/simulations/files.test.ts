import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';
import {
  readShopFolder,
  requireEmptyFolder,
  shopFolders,
  writeSecretFile,
  writeShop,
} from '../../simulations/files.js';
import { inventMarketplace } from '../../simulations/marketplace.js';
import { expectCode } from '../expect-code.js';

async function rejection(promise: Promise<unknown>, code: ErrorCode): Promise<GuildhallError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(GuildhallError);
  if (!(error instanceof GuildhallError)) throw error;
  expect(error.code).to.equal(code);
  return error;
}

describe('files of simulations', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guildhall-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('give back the shop that was written, with texts that need quoting', async () => {
    const market = inventMarketplace({ seed: 'files', merchants: 1, shoppers: 20, items: 100 });
    const [shop] = market.merchants;
    if (shop === undefined) throw new Error('no shop');
    const items = shop.catalogue.items.map((item, at) => (at === 0 ? { ...item, title: 'a, "b"\nc' } : item));
    await writeShop(join(folder, 'shop'), { ...shop, catalogue: { ...shop.catalogue, items } });
    const { shop: read } = await readShopFolder(join(folder, 'shop'));
    expect(read.catalogue.items).to.deep.equal(items);
    expect(read.shoppers.map(({ history }) => [...history])).to.have.deep.members(
      shop.shoppers.map(({ history }) => [...history]),
    );
    expect(shopFolders(folder)).to.deep.equal(['shop']);
  });

  it('name the folder that lacks a file, and the file that cannot be read', async () => {
    await rejection(readShopFolder(folder), 'FILE_UNREADABLE');
    mkdirSync(join(folder, 'items.csv'));
    writeFileSync(join(folder, 'events.csv'), 'user_id,item_id,position\n');
    const error = await rejection(readShopFolder(folder), 'FILE_UNREADABLE');
    expect(error.details.file).to.equal(join(folder, 'items.csv'));
  });

  it('are not written over or into what is there', async () => {
    writeFileSync(join(folder, 'there'), 'kept');
    expectCode(() => requireEmptyFolder(folder), 'FILE_UNWRITABLE');
    expectCode(() => requireEmptyFolder(join(folder, 'there')), 'FILE_UNWRITABLE');
    requireEmptyFolder(join(folder, 'absent'));
    await rejection(
      writeSecretFile(join(folder, 'there'), () => Promise.resolve({ content: 'new', value: 0 })),
      'FILE_UNWRITABLE',
    );
    expect(readFileSync(join(folder, 'there'), 'utf8')).to.equal('kept');
  });

  it('are secret where they hold a secret, and gone where its making failed', async () => {
    const file = join(folder, 'secret');
    expect(await writeSecretFile(file, () => Promise.resolve({ content: 'hush', value: 7 }))).to.equal(7);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const failing = join(folder, 'failing');
    const cause = new GuildhallError('COORDINATOR_UNREACHABLE', 'nobody there');
    await rejection(
      writeSecretFile(failing, () => Promise.reject(cause)),
      'COORDINATOR_UNREACHABLE',
    );
    expect(existsSync(failing)).to.equal(false);
  });
});

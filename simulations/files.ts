import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GuildhallError } from '../errors/index.js';
import { readItems, readShop } from '../recommender/index.js';
import type { ByteSource, Catalogue, DataReport, Shop } from '../recommender/index.js';
import { eventsCsv, itemsCsv } from './shop-csv.js';

/** Where the two files of a shop lie. */
export interface ShopFiles {
  readonly items: string;
  readonly events: string;
}

/**
 * Hashes shopper ids in simulations and evaluations, whose data never leaves the process; a fixed key makes them
 * repeatable. A merchant's client has a secret one.
 */
const SIMULATION_KEY = new Uint8Array(32);

/**
 * `items.csv` and `events.csv` of a folder, plain or gzipped.
 * @throws GuildhallError FILE_UNREADABLE when the folder or one of them is not there
 */
export function shopFiles(folder: string): ShopFiles {
  return { items: findTable(folder, 'items'), events: findTable(folder, 'events') };
}

/** Names of the sub-folders of `folder` that hold a shop, sorted. */
export function shopFolders(folder: string): string[] {
  return entriesOf(folder).filter((name) => holdsShop(join(folder, name)));
}

/** Whether a folder holds both files of a shop. */
export function holdsShop(folder: string): boolean {
  return ['items', 'events'].every((table) => candidates(folder, table).some((path) => existsSync(path)));
}

/**
 * Reads a shop from a folder.
 * @param options.now the present in milliseconds since 1970; without it no event is held to lie ahead
 * @throws GuildhallError FILE_UNREADABLE, or DATA_* naming file and line
 */
export async function readShopFolder(
  folder: string,
  options: { readonly now?: number } = {},
): Promise<{ readonly shop: Shop; readonly report: DataReport }> {
  const files = shopFiles(folder);
  return readShop({ items: openFile(files.items), events: openFile(files.events), key: SIMULATION_KEY, ...options });
}

/**
 * Reads a catalogue from an items file.
 * @throws GuildhallError FILE_UNREADABLE, or DATA_* naming file and line
 */
export async function readCatalogueFile(path: string): Promise<Catalogue> {
  return (await readItems(openFile(path))).catalogue;
}

/** A file as a source of bytes; what goes wrong while reading becomes FILE_UNREADABLE. */
export function openFile(path: string): ByteSource {
  return { name: path, bytes: bytesOf(path) };
}

/**
 * Writes a file, and the folders above it.
 * @throws GuildhallError FILE_UNWRITABLE
 */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'write', path, error);
  }
}

/**
 * Writes a shop's two files into a folder.
 * @throws GuildhallError FILE_UNWRITABLE
 */
export async function writeShop(folder: string, shop: Shop): Promise<ShopFiles> {
  const files = { items: join(folder, 'items.csv'), events: join(folder, 'events.csv') };
  await writeOutput(files.items, itemsCsv(shop.catalogue));
  await writeOutput(files.events, eventsCsv(shop));
  return files;
}

/**
 * Refuses a folder that holds anything already.
 * @throws GuildhallError FILE_UNWRITABLE
 */
export function requireEmptyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (statSync(folder).isDirectory() && readdirSync(folder).length === 0) return;
  throw new GuildhallError('FILE_UNWRITABLE', `${folder} exists and is not an empty folder.`, {
    details: { file: folder },
  });
}

/**
 * Writes a new file that only its owner can read. It is made before its content is asked for, so that nothing is
 * produced that then has no place; a failure leaves no file.
 * @throws GuildhallError FILE_UNWRITABLE, also when the file exists; what `produce` throws
 */
export async function writeSecretFile<T>(
  path: string,
  produce: () => Promise<{ readonly content: string; readonly value: T }>,
): Promise<T> {
  try {
    await writeFile(path, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'write', path, error);
  }
  try {
    const { content, value } = await produce();
    await writeFile(path, content);
    return value;
  } catch (error) {
    await rm(path, { force: true });
    throw error instanceof GuildhallError ? error : fileError('FILE_UNWRITABLE', 'write', path, error);
  }
}

/** A failure of the file system as an error that names the file and says what to do. */
export function fileError(
  code: 'FILE_UNREADABLE' | 'FILE_UNWRITABLE',
  doing: string,
  file: string,
  cause: unknown,
): GuildhallError {
  const system = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new GuildhallError(code, `Cannot ${doing} ${file}${system}.`, { details: { file }, cause });
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof GuildhallError) throw error;
    throw fileError('FILE_UNREADABLE', 'read', path, error);
  }
}

function findTable(folder: string, table: string): string {
  const paths = candidates(folder, table);
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new GuildhallError('FILE_UNREADABLE', `${folder} has no ${table}.csv and no ${table}.csv.gz.`, {
    details: { file: folder },
  });
}

function candidates(folder: string, table: string): string[] {
  return [join(folder, `${table}.csv`), join(folder, `${table}.csv.gz`)];
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => statSync(join(folder, name)).isDirectory())
      .sort();
  } catch (error) {
    throw fileError('FILE_UNREADABLE', 'read', folder, error);
  }
}

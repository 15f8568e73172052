import type { ByteSource } from './bytes.js';
import type { EventColumns } from './events.js';
import { keyedIdentifiers } from './identifiers.js';
import type { IdentifierKey } from './identifiers.js';
import { readTable } from './table.js';

/**
 * The raw ids behind some pseudonyms, read again from the events file: the one way back, for a merchant that wants to
 * write to its own shoppers. Only what is asked for is kept.
 *
 * @param options.key the key under which the file was read
 * @param wanted pseudonyms, as `Shopper.key`
 * @returns raw ids by pseudonym; those that the file does not have are left out
 * @throws GuildhallError as `readTable`
 */
export async function readRawIdentifiers(
  source: ByteSource,
  wanted: ReadonlySet<string>,
  options: { readonly key: IdentifierKey; readonly columns?: EventColumns },
): Promise<Map<string, string>> {
  const pseudonymOf = keyedIdentifiers(options.key);
  const found = new Map<string, string>();
  const seen = new Set<string>();
  await readTable(source, (header) => {
    const user = header.require(options.columns?.user ?? 'user_id');
    return (fields) => {
      const raw = (fields[user] ?? '').trim();
      if (seen.has(raw)) return undefined;
      seen.add(raw);
      const pseudonym = pseudonymOf(raw);
      if (wanted.has(pseudonym)) found.set(pseudonym, raw);
      return undefined;
    };
  });
  return found;
}

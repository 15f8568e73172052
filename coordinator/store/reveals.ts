import { GuildhallError } from '../../errors/index.js';
import { isDuplicate } from '../storage-error.js';
import type { Tables } from './database.js';
import type { RoundId } from './ids.js';
import type { RevealKind } from './schema.js';

/**
 * Fixes which share kind of `owner` this round may ever reveal. The primary key keeps a second kind out.
 * @throws GuildhallError REVEAL_CONFLICT when the other kind is on record
 */
export async function pinReveal(tx: Tables, round: RoundId, owner: string, kind: RevealKind): Promise<void> {
  const known = await tx
    .selectFrom('reveals')
    .select('kind')
    .where('round_id', '=', round)
    .where('owner', '=', owner)
    .executeTakeFirst();
  if (known?.kind === kind) return;
  try {
    await tx.insertInto('reveals').values({ round_id: round, owner, kind }).execute();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new GuildhallError('REVEAL_CONFLICT', `The other share kind of ${owner} is on record in this round.`, {
      cause: error,
    });
  }
}

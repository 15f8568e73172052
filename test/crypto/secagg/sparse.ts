import { SHARING, decodeUnverified } from '../../../crypto/secagg/messages.js';
import type { RoundResult } from './setting.js';

/** Who dealt a box to whom: the edges of a round's graph, by merchant. */
export function edgesOf({ stored }: RoundResult): ReadonlyMap<string, readonly string[]> {
  return new Map(
    stored
      .filter(({ step }) => step === 'share')
      .map(({ merchant, envelope }) => [
        merchant,
        decodeUnverified(envelope, SHARING).shares.map(({ recipient }) => recipient),
      ]),
  );
}

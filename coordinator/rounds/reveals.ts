import { ShareKind, Unmasking } from '../../proto/index.js';
import type { Envelope } from '../../proto/index.js';
import type { Cohorts, RevealKind } from '../store/index.js';

/** What may be revealed once U3 is fixed: of survivors the self mask, of those who shared and vanished the mask key. */
export function revealsAllowed(cohorts: Cohorts): Map<string, RevealKind> {
  const survivors = new Set(cohorts.survivors);
  return new Map((cohorts.sharers ?? []).map((owner) => [owner, survivors.has(owner) ? 'self-mask' : 'mask-key']));
}

/** The share kinds that a checked R4 message reveals. */
export function revealsOf(envelope: Envelope): Map<string, RevealKind> {
  const { shares } = Unmasking.decode(envelope.payload);
  return new Map(
    shares.map(({ owner, kind }) => [owner, kind === ShareKind.SHARE_KIND_SELF_MASK ? 'self-mask' : 'mask-key']),
  );
}

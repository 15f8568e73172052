import { FEATURE_COUNT } from './list.js';
import type { CandidateList } from './list.js';

/**
 * What the merchant's own evidence weighs in the served logit, beside a correction that was learned from text alone.
 *
 * A strict model never sees own evidence, and where it makes text speak louder it drowns what the merchant has counted:
 * unseen items gain, well-known ones lose. So own evidence is raised along with it, when serving, at the merchant: nothing
 * of it is ever sent. An item without evidence keeps exactly the model's logit. Rounded three quarters of what three
 * catalogues' validation items ask for on the fourth, where they are alike; a correction that noise has shrunk wants less
 * than one without noise. Without a correction they bring next to nothing (docs/results.md).
 */
export const EVIDENCE_WEIGHTS: readonly { readonly feature: number; readonly weight: number }[] = [
  // Own directed counts.
  { feature: 2, weight: 0.7 },
  // Own window counts.
  { feature: 3, weight: 0.4 },
  // ln(1 + own purchases) / 3.
  { feature: 4, weight: 0.8 },
  // Four times the lateness of own purchases.
  { feature: 35, weight: 0.2 },
  // ln(1 + late own purchases) / 1.5.
  { feature: 36, weight: 0.3 },
  // 1.5 · ln(1 + own purchases an item of the brand): what a popular brand explains is not the item's own.
  { feature: 37, weight: -0.15 },
  // Own window counts between neighbours.
  { feature: 38, weight: 0.35 },
];

/** The part of a candidate's served logit that the merchant's own evidence gives; 0 in a strict list. */
export function evidenceLogit(features: Float32Array, row: number): number {
  let logit = 0;
  for (const { feature, weight } of EVIDENCE_WEIGHTS) logit += weight * (features[row * FEATURE_COUNT + feature] ?? 0);
  return logit;
}

/**
 * What released counts weigh in the served logit, for the same reason: a correction from text alone drowns them as well. Any
 * weight from .75 to 1.5 does alike on validation items (docs/results.md).
 */
export const RELEASED_WEIGHT = 1;

/** The part of a candidate's served logit that released counts give; 0 in a strict list, and where there are none. */
export function releasedLogit(list: CandidateList, row: number): number {
  return list.form === 'full' ? RELEASED_WEIGHT * (list.released?.[row] ?? 0) : 0;
}

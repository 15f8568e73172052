import { mapValues, SparseBuilder } from './sparse.js';
import type { SparseMatrix } from './sparse.js';

/** Farthest distance, in events, at which two purchases of a shopper still count as one window. */
export const WINDOW_LAG = 5;
/** How much less each further event of distance counts in a window. */
export const WINDOW_DECAY = 0.7;
/** Purchases of which an item needs about as many before its place in histories says something. */
const LATENESS_PRIOR = 3;
/** How many last events of a history count as recent. */
const RECENT_EVENTS = 2;

/** What a merchant's own purchases say, all computed from the histories it is given and nothing else. */
export interface OwnEvidence {
  /** ln(1 + how often `column` was the very next purchase after `row`). The diagonal is empty. */
  readonly directed: SparseMatrix;
  /** ln(1 + Σ .7^(distance − 1) over pairs at distance 1 to 5, in either order). Symmetric, without diagonal. */
  readonly window: SparseMatrix;
  /** How often every item was bought. */
  readonly purchases: Float64Array;
  /** ln(1 + purchases). */
  readonly popularity: Float32Array;
  /**
   * How late in histories every item was bought: the mean of position / (length − 1) − .5 over its purchases and
   * 3 more at 0; −.5 to .5. What comes late in many histories is bought now rather than formerly.
   */
  readonly lateness: Float32Array;
  /** ln(1 + purchases that were among the last two of their history). */
  readonly recentPopularity: Float32Array;
}

/** Counts the histories of one merchant, oldest event first. */
export function ownEvidence(histories: readonly Int32Array[], items: number): OwnEvidence {
  const purchases = new Float64Array(items);
  const lateness = new Float64Array(items);
  const recent = new Float64Array(items);
  for (const history of histories)
    history.forEach((item, position) => {
      const events = history.length;
      purchases[item] = (purchases[item] ?? 0) + 1;
      lateness[item] = (lateness[item] ?? 0) + (events > 1 ? position / (events - 1) - 0.5 : 0);
      if (position >= events - RECENT_EVENTS) recent[item] = (recent[item] ?? 0) + 1;
    });
  return {
    directed: mapValues(directedCounts(histories, items), Math.log1p),
    window: mapValues(windowedCounts(histories, items), Math.log1p),
    purchases,
    popularity: Float32Array.from(purchases, Math.log1p),
    lateness: Float32Array.from(lateness, (sum, item) => sum / ((purchases[item] ?? 0) + LATENESS_PRIOR)),
    recentPopularity: Float32Array.from(recent, Math.log1p),
  };
}

/** How often `column` came right after `row`; an item after itself is not counted. */
export function directedCounts(histories: readonly Int32Array[], items: number): SparseMatrix {
  const counts = new SparseBuilder(items, items);
  for (const history of histories) {
    for (let at = 1; at < history.length; at++) {
      const [before, after] = [history[at - 1] ?? 0, history[at] ?? 0];
      if (before !== after) counts.add(before, after, 1);
    }
  }
  return counts.build();
}

/** Symmetric counts of pairs at a distance of 1 to {@link WINDOW_LAG} events, weighted {@link WINDOW_DECAY}^(distance − 1). */
export function windowedCounts(histories: readonly Int32Array[], items: number): SparseMatrix {
  const counts = new SparseBuilder(items, items);
  for (const history of histories) {
    for (let distance = 1; distance <= WINDOW_LAG; distance++) {
      const weight = WINDOW_DECAY ** (distance - 1);
      for (let at = distance; at < history.length; at++) {
        const [before, after] = [history[at - distance] ?? 0, history[at] ?? 0];
        if (before === after) continue;
        counts.add(before, after, weight);
        counts.add(after, before, weight);
      }
    }
  }
  return counts.build();
}

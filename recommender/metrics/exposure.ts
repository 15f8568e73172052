/** Share of the catalogue that was shown at least once. @param exposures how often each item was shown */
export function coverage(exposures: ArrayLike<number>): number {
  if (exposures.length === 0) return 0;
  let shown = 0;
  for (let item = 0; item < exposures.length; item++) if ((exposures[item] ?? 0) > 0) shown++;
  return shown / exposures.length;
}

/**
 * Gini coefficient of how often items were shown, items that never were included: 0 where all are shown alike,
 * (n − 1) / n where one has everything; 0 where nothing was shown.
 */
export function gini(exposures: ArrayLike<number>): number {
  const sorted = Float64Array.from(exposures).sort();
  let total = 0;
  let weighted = 0;
  sorted.forEach((shown, at) => {
    total += shown;
    weighted += (2 * (at + 1) - sorted.length - 1) * shown;
  });
  return total === 0 ? 0 : weighted / (sorted.length * total);
}

/** Share of the catalogue that counts as the head; the rest is the long tail. */
export const HEAD_SHARE = 0.2;

/**
 * The items outside the most bought fifth of the catalogue; equal ones by their index.
 *
 * @param purchases how often each item was bought in training
 * @returns 1 for an item of the long tail, else 0
 */
export function longTail(purchases: ArrayLike<number>): Uint8Array {
  const order = Array.from({ length: purchases.length }, (_, item) => item).sort(
    (a, b) => (purchases[b] ?? 0) - (purchases[a] ?? 0) || a - b,
  );
  const tail = new Uint8Array(purchases.length).fill(1);
  for (const item of order.slice(0, Math.ceil(HEAD_SHARE * order.length))) tail[item] = 0;
  return tail;
}

/** Share of all showings that went to marked items; 0 where nothing was shown. */
export function shareOf(exposures: ArrayLike<number>, marked: Uint8Array): number {
  let [inside, total] = [0, 0];
  marked.forEach((mark, item) => {
    const shown = exposures[item] ?? 0;
    total += shown;
    if (mark === 1) inside += shown;
  });
  return total === 0 ? 0 : inside / total;
}

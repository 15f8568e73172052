/** Items with their scores, best first. */
export interface RankedItems {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/**
 * The `count` items of highest score, best first; equal scores go to the lower index, so the order is a fact of the
 * scores alone. Fewer where not enough items are left.
 *
 * @param scores one score an item
 * @param excluding items that may not appear
 */
export function topOf(scores: Float32Array, count: number, excluding?: ReadonlySet<number>): RankedItems {
  const limit = Math.min(count, scores.length);
  const items = new Int32Array(limit);
  const values = new Float32Array(limit);
  if (limit === 0) return { items, scores: values };
  let size = 0;
  for (let item = 0; item < scores.length; item++) {
    const score = scores[item] ?? 0;
    if (size === limit && score <= (values[limit - 1] ?? 0)) continue;
    if (excluding?.has(item) === true) continue;
    let place = size < limit ? size++ : limit - 1;
    for (; place > 0 && (values[place - 1] ?? 0) < score; place--) {
      values[place] = values[place - 1] ?? 0;
      items[place] = items[place - 1] ?? 0;
    }
    values[place] = score;
    items[place] = item;
  }
  return { items: items.slice(0, size), scores: values.slice(0, size) };
}

import { exp4 } from './exponential';
import { sumOfLanes } from './rows';

/**
 * The loss of telling each shopper's target from shared negatives: −ln of the target's share of the softmax, where a
 * logit is cosine · scale + g₁ · last + g₂ · mean. A negative that is the target itself has no share.
 *
 * @param cosine rows × negatives; `last` and `mean` likewise
 * @param own rows × 3: the target's cosine, last and mean
 * @param weight what the derivatives are multiplied by
 * @param slopes rows × negatives: the derivatives of the loss by the negatives' logits, times `weight`
 * @param ownSlopes rows: by the target's
 * @param losses rows × 2: a loss is the first value plus the logarithm of the second
 */
export function choice(
  cosine: usize,
  last: usize,
  mean: usize,
  own: usize,
  targets: usize,
  negatives: usize,
  rows: usize,
  count: usize,
  scale: f32,
  g1: f32,
  g2: f32,
  weight: f32,
  slopes: usize,
  ownSlopes: usize,
  losses: usize,
): void {
  const bytes = count << 2;
  for (let i: usize = 0; i < rows; i++) {
    const target = load<i32>(targets + (i << 2));
    const self = scale * load<f32>(own) + g1 * load<f32>(own, 4) + g2 * load<f32>(own, 8);
    let most = self;
    for (let at: usize = 0; at < bytes; at += 4) {
      const text = g1 * load<f32>(last + at) + g2 * load<f32>(mean + at);
      const logit: f32 = load<i32>(negatives + at) == target ? <f32>-Infinity : scale * load<f32>(cosine + at) + text;
      store<f32>(slopes + at, logit);
      most = max<f32>(most, logit);
    }
    const ownShare = f32x4.extract_lane(exp4(f32x4.splat(self - most)), 0);
    const sum = ownShare + exponentials(slopes, bytes, most);
    const factor = weight / sum;
    let at: usize = 0;
    for (; at + 16 <= bytes; at += 16) {
      v128.store(slopes + at, f32x4.mul(v128.load(slopes + at), f32x4.splat(factor)));
    }
    for (; at < bytes; at += 4) store<f32>(slopes + at, load<f32>(slopes + at) * factor);
    store<f32>(ownSlopes + (i << 2), ownShare * factor - weight);
    store<f32>(losses, most - self);
    store<f32>(losses, sum, 4);
    cosine += bytes;
    last += bytes;
    mean += bytes;
    slopes += bytes;
    own += 12;
    losses += 8;
  }
}

/** x = e^(x − most) in place. @returns the sum */
function exponentials(x: usize, bytes: usize, most: f32): f32 {
  const end = x + bytes;
  let partial = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) {
    const value = exp4(f32x4.sub(v128.load(x), f32x4.splat(most)));
    v128.store(x, value);
    partial = f32x4.add(partial, value);
  }
  let sum = sumOfLanes(partial);
  for (; x < end; x += 4) {
    const value = f32x4.extract_lane(exp4(f32x4.splat(load<f32>(x) - most)), 0);
    store<f32>(x, value);
    sum += value;
  }
  return sum;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019) over all parameters of a model, side by side in memory:
 * m′ = β₁m + (1 − β₁)g, v′ = β₂v + (1 − β₂)g², p′ = p − decay ⊙ p − rate · m′ / (√v′ · rootScale + ε).
 *
 * @param decays the share of each parameter that this step takes away
 * @param rate the learning rate over 1 − β₁^t
 * @param rootScale 1 / √(1 − β₂^t)
 */
export function adamW(
  parameters: usize,
  gradient: usize,
  first: usize,
  second: usize,
  decays: usize,
  nextParameters: usize,
  nextFirst: usize,
  nextSecond: usize,
  count: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  rootScale: f32,
  epsilon: f32,
): void {
  const bytes = count << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const slope = v128.load(gradient + at);
    const m = mixed(v128.load(first + at), slope, beta1);
    const v = mixed(v128.load(second + at), f32x4.mul(slope, slope), beta2);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(v), f32x4.splat(rootScale)), f32x4.splat(epsilon));
    const parameter = v128.load(parameters + at);
    const kept = f32x4.sub(parameter, f32x4.mul(parameter, v128.load(decays + at)));
    v128.store(nextFirst + at, m);
    v128.store(nextSecond + at, v);
    v128.store(nextParameters + at, f32x4.sub(kept, f32x4.mul(f32x4.splat(rate), f32x4.div(m, root))));
  }
  for (; at < bytes; at += 4) {
    const slope = load<f32>(gradient + at);
    const m = beta1 * load<f32>(first + at) + (1 - beta1) * slope;
    const v = beta2 * load<f32>(second + at) + (1 - beta2) * (slope * slope);
    const parameter = load<f32>(parameters + at);
    const kept = parameter - parameter * load<f32>(decays + at);
    store<f32>(nextFirst + at, m);
    store<f32>(nextSecond + at, v);
    store<f32>(nextParameters + at, kept - rate * (m / (sqrt<f32>(v) * rootScale + epsilon)));
  }
}

function mixed(old: v128, fresh: v128, share: f32): v128 {
  return f32x4.add(f32x4.mul(f32x4.splat(share), old), f32x4.mul(f32x4.splat(1 - share), fresh));
}

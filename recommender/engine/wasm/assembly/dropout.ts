/** y = x where a coin is at least `threshold`, times `kept`; else 0. One byte of coins a value; y may be x. */
export function dropped(x: usize, coins: usize, y: usize, count: usize, threshold: u32, kept: f32): void {
  const end = x + (count << 2);
  const thresholds = i32x4.splat(threshold);
  const factor = f32x4.splat(kept);
  for (; x + 16 <= end; x += 16) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(coins));
    const keep = i32x4.ge_s(i32x4.extend_low_i16x8_u(bytes), thresholds);
    v128.store(y, v128.and(f32x4.mul(v128.load(x), factor), keep));
    coins += 4;
    y += 16;
  }
  for (; x < end; x += 4) {
    store<f32>(y, load<u8>(coins) < threshold ? 0 : load<f32>(x) * kept);
    coins += 1;
    y += 4;
  }
}

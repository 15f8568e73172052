/** The least magnitude that rounds past the greatest float16, 65504. */
const OVERFLOW = 0x477ff000;
/** 2⁻¹⁴, the least normal float16, as bits of a float32. */
const LEAST_NORMAL = 0x38800000;
/** Between the exponents' biases: (127 − 15) · 2²³. */
const REBIAS = 0x38000000;
/** Adding and taking away 2⁵² rounds a smaller double to a whole number, ties to even. */
const ROUNDS_WHOLE = 2 ** 52;

/**
 * Values as IEEE 754 binary16, rounded to nearest, ties to even: |x − x̂| ≤ max(2⁻¹¹·|x|, 2⁻²⁵).
 * @throws RangeError for a value that is not finite or rounds past 65504
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let at = 0; at < halves.length; at += 1) {
    const whole = bits[at] ?? 0;
    const magnitude = whole & 0x7fffffff;
    if (magnitude >= OVERFLOW) throw new RangeError(`${String(values[at])} has no float16.`);
    const rounded =
      magnitude >= LEAST_NORMAL
        ? (magnitude - REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13
        : Math.abs(values[at] ?? 0) * 2 ** 24 + ROUNDS_WHOLE - ROUNDS_WHOLE;
    halves[at] = ((whole >>> 16) & 0x8000) | rounded;
  }
  return halves;
}

/** The values of finite float16 numbers, exactly. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let at = 0; at < halves.length; at += 1) {
    const half = halves[at] ?? 0;
    const magnitude = half & 0x7fff;
    if (magnitude >= 0x400) bits[at] = ((half & 0x8000) << 16) | ((magnitude << 13) + REBIAS);
    else values[at] = (half & 0x8000 ? -magnitude : magnitude) * 2 ** -24;
  }
  return values;
}

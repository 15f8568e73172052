/**
 * One query against the rows of a matrix that is kept as it is stored: float32, float16 or int8. Written in
 * AssemblyScript; the module imports its memory and has no stack, globals or data of its own.
 *
 * Pointers are byte offsets; a row has `columns` elements, a multiple of 16, zeros at its end. Every sum has one fixed order.
 *
 * `npm run generate:kernels` compiles this folder into ../binary.ts.
 */

/** out[i] = row i · query, both float32. */
export function scoreFloat32(rows: usize, query: usize, count: usize, columns: usize, out: usize): void {
  for (let i: usize = 0; i < count; i++) {
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    for (let at: usize = 0; at < columns; at += 8) {
      even = f32x4.add(even, f32x4.mul(v128.load(rows), v128.load(query + (at << 2))));
      odd = f32x4.add(odd, f32x4.mul(v128.load(rows, 16), v128.load(query + (at << 2), 16)));
      rows += 32;
    }
    f32.store(out + (i << 2), lanes(f32x4.add(even, odd)));
  }
}

/** out[i] = row i · query; rows float16, query float32. Finite values only. */
export function scoreFloat16(rows: usize, query: usize, count: usize, columns: usize, out: usize): void {
  for (let i: usize = 0; i < count; i++) {
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    for (let at: usize = 0; at < columns; at += 8) {
      const bits = v128.load(rows);
      even = f32x4.add(even, f32x4.mul(widened(i32x4.extend_low_i16x8_u(bits)), v128.load(query + (at << 2))));
      odd = f32x4.add(odd, f32x4.mul(widened(i32x4.extend_high_i16x8_u(bits)), v128.load(query + (at << 2), 16)));
      rows += 16;
    }
    f32.store(out + (i << 2), lanes(f32x4.add(even, odd)));
  }
}

/**
 * out[i] = scale i · unit · (row i · query); rows int8, query int16, the sum in int32, which the caller has made sure
 * that no row can exceed.
 */
export function scoreInt8(
  rows: usize,
  scales: usize,
  query: usize,
  unit: f32,
  count: usize,
  columns: usize,
  out: usize,
): void {
  for (let i: usize = 0; i < count; i++) {
    let even = i32x4.splat(0);
    let odd = i32x4.splat(0);
    for (let at: usize = 0; at < columns; at += 16) {
      const bytes = v128.load(rows);
      const with8 = query + (at << 1);
      even = i32x4.add(even, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(bytes), v128.load(with8)));
      odd = i32x4.add(odd, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(bytes), v128.load(with8, 16)));
      rows += 16;
    }
    const sum = i32x4.add(even, odd);
    const total =
      i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
    f32.store(out + (i << 2), f32.load(scales + (i << 2)) * unit * f32(total));
  }
}

/** Four float16 in 32 bits each as float32: shifted into its fields, then the exponent's bias is made up by 2¹¹². */
function widened(bits: v128): v128 {
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  return v128.or(sign, f32x4.mul(magnitude, f32x4.splat(5192296858534827628530496329220096.0)));
}

function lanes(sum: v128): f32 {
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

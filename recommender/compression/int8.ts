/** Rows of whole numbers from −127 to 127, each with a scale of its own: x̂ = scale · value (symmetric, no offset). */
export interface Int8Rows {
  readonly columns: number;
  /** One a row, not negative. */
  readonly scales: Float32Array;
  /** rows × columns. */
  readonly values: Int8Array;
}

export const INT8_LEVELS = 127;
/** Below it float32 loses digits: a row whose scale is smaller becomes 0. */
const LEAST_SCALE = 2 ** -126;

/**
 * Quantises every row by its own greatest magnitude: scale = max |x| / 127, and the nearest multiple of it for each
 * value. |x − x̂| ≤ scale · (½ + 2⁻¹⁵), in float32; in a row whose magnitudes are all below 127 · 2⁻¹²⁶, ≤ 2⁻¹¹⁹.
 *
 * @param values rows × columns
 * @throws RangeError for a value that is not finite or a length that is no multiple of `columns`
 */
export function toInt8(values: Float32Array, columns: number): Int8Rows {
  const rows = values.length / columns;
  if (!Number.isInteger(rows)) throw new RangeError(`${values.length} values do not divide into rows of ${columns}.`);
  const scales = new Float32Array(rows);
  const quantised = new Int8Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    const scale = scaleOf(own, INT8_LEVELS);
    scales[row] = scale;
    if (scale > 0) own.forEach((value, column) => (quantised[row * columns + column] = Math.round(value / scale)));
  }
  return { columns, scales, values: quantised };
}

/** The values that rows stand for. */
export function fromInt8({ columns, scales, values }: Int8Rows): Float32Array {
  const result = new Float32Array(values.length);
  for (let at = 0; at < result.length; at += 1)
    result[at] = (scales[Math.floor(at / columns)] ?? 0) * (values[at] ?? 0);
  return result;
}

/**
 * The float32 scale that puts the greatest magnitude at `levels`; 0 for nothing to speak of.
 * @throws RangeError for a value that is not finite
 */
export function scaleOf(values: Float32Array, levels: number): number {
  let greatest = 0;
  for (const value of values) {
    const magnitude = Math.abs(value);
    if (!Number.isFinite(magnitude)) throw new RangeError(`${String(value)} cannot be quantised.`);
    if (magnitude > greatest) greatest = magnitude;
  }
  const scale = Math.fround(greatest / levels);
  return scale < LEAST_SCALE ? 0 : scale;
}

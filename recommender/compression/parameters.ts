import { parametersOf } from '../tower/index.js';
import type { Part, TowerModel, TowerShape } from '../tower/index.js';
import { swapped } from './byte-order.js';
import { fromFloat16, toFloat16 } from './float16.js';
import { fromInt8, toInt8 } from './int8.js';
import type { Precision } from './item-vectors.js';

/**
 * A tower's parameters as bytes, little-endian, part by part in their public order: float32; float16; or int8, where a
 * matrix has a float32 scale and whole numbers for every row, and vectors (biases, gains, the residual's weights: about one
 * per cent) stay float32. How far values move is said at `toFloat16` and `toInt8`.
 * @throws RangeError for a value that the precision cannot hold
 */
export function packParameters({ shape, parameters }: TowerModel, precision: Precision): Uint8Array {
  if (precision === 'float32') return littleEndian(parameters);
  if (precision === 'float16') return littleEndian(toFloat16(parameters));
  return Buffer.concat(
    parametersOf(shape).flatMap((part) => {
      const values = parameters.subarray(part.start, part.start + part.size);
      const columns = rowLength(part);
      if (columns === undefined) return [littleEndian(values)];
      const rows = toInt8(values, columns);
      return [littleEndian(rows.scales), littleEndian(rows.values)];
    }),
  );
}

/** Length of {@link packParameters}' result. */
export function packedLength(shape: TowerShape, precision: Precision): number {
  const sizes = parametersOf(shape).map((part) => {
    const columns = rowLength(part);
    if (precision !== 'int8' || columns === undefined) return part.size * (precision === 'float16' ? 2 : 4);
    return part.size + (4 * part.size) / columns;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The model that packed parameters stand for. @param bytes of the length that {@link packedLength} says */
export function unpackParameters(bytes: Uint8Array, shape: TowerShape, precision: Precision): TowerModel {
  const aligned = Uint8Array.from(bytes);
  if (precision === 'float32') return { shape, parameters: float32At(aligned, 0, aligned.length / 4) };
  if (precision === 'float16') {
    return { shape, parameters: fromFloat16(new Uint16Array(swapped(aligned, 2).buffer)) };
  }
  const parameters = new Float32Array(parametersOf(shape).reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const part of parametersOf(shape)) {
    const columns = rowLength(part);
    if (columns === undefined) {
      parameters.set(float32At(aligned, at, part.size), part.start);
      at += 4 * part.size;
    } else {
      const scales = float32At(aligned, at, part.size / columns);
      at += scales.byteLength;
      const values = new Int8Array(aligned.buffer, at, part.size);
      parameters.set(fromInt8({ columns, scales, values }), part.start);
      at += part.size;
    }
  }
  return { shape, parameters };
}

/** The model as it is after being stored in a precision and read back. */
export function roundedTower(model: TowerModel, precision: Precision): TowerModel {
  return precision === 'float32' ? model : unpackParameters(packParameters(model, precision), model.shape, precision);
}

/** Values of a row of a matrix; undefined for a vector. */
function rowLength({ shape }: Part): number | undefined {
  return shape.length === 2 ? shape[1] : undefined;
}

function float32At(bytes: Uint8Array, at: number, length: number): Float32Array {
  return new Float32Array(swapped(bytes.slice(at, at + 4 * length), 4).buffer);
}

function littleEndian(values: Float32Array | Uint16Array | Int8Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  return swapped(bytes, values.BYTES_PER_ELEMENT);
}

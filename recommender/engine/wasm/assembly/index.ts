/**
 * The kernels of the wasm engine, in AssemblyScript: they work on the memory of tfjs-backend-wasm, which they import.
 *
 * The module has no stack, no globals that change and no data segment, for all of that memory belongs to TF.js. Pointers
 * are byte offsets of float32 (or, where said so, int32) arrays, row-major; sizes are in elements. Outputs never overlap
 * inputs. Every sum has one fixed order, so that two runs agree to the bit.
 *
 * `npm run generate:kernels` compiles this folder into ../binary.ts.
 */
export { gemm } from './gemm';
export { gather, permute, segmentSum } from './layout';
export { addColumn, addRow, multiplyColumn, multiplyRow, sumColumns, sumRows } from './rows';
export { gelu, geluGradient, geluWithSlope } from './gelu';
export { normalise, normaliseGradient } from './normalise';
export { adamW } from './adamw';
export { attention, attentionGradient } from './attention';
export { choice } from './choice';
export { dropped } from './dropout';
export { gainSums, gramProduct, negativeSquares, scaleSegments, segmentSquares } from './segments';
export { innerRows, unitGradient, unitRows } from './unit';

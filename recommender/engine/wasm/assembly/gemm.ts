/** Rows and columns of the block of C that is kept in registers: 8 accumulators of 4 lanes. */
const ROWS: usize = 4;
const COLUMNS: usize = 8;
/** Products added to a block between two visits: a panel of B of this height and 4 rows of A stay in the first cache. */
const DEPTH: usize = 256;
/** Rows of A that meet a panel of B before the next one is fetched: they stay in the second cache. */
const HEIGHT: usize = 64;

/**
 * C[i] = op(A[i]) · op(B[i]) for i < batch, where op transposes or not; op(A) is m × k, op(B) is k × n.
 *
 * B is packed once into panels of 8 columns, a transposed A 64 columns at a time; a row of A that is stored as it is used
 * is read in place. Products are added in the order of k within blocks of 256, and the blocks in their order.
 *
 * @param strideA elements from A[i] to A[i + 1]; 0 to use the same A throughout
 * @param strideB the same for B
 * @param work k · 8 · ⌈n / 8⌉ + 64 · 256 elements of scratch
 * @param more adds the products to what C holds, instead of to zero
 */
export function gemm(
  a: usize,
  b: usize,
  c: usize,
  batch: usize,
  m: usize,
  n: usize,
  k: usize,
  transposeA: u32,
  transposeB: u32,
  strideA: usize,
  strideB: usize,
  work: usize,
  more: u32,
): void {
  const rowA = (transposeA ? m : k) << 2;
  const rowB = (transposeB ? k : n) << 2;
  const packedRows = work + ((k * ((n + COLUMNS - 1) / COLUMNS) * COLUMNS) << 2);
  for (let i: usize = 0; i < batch; i++) {
    if (i == 0 || strideB != 0) packColumns(b, rowB, transposeB, n, k, work);
    for (let k0: usize = 0; k0 < k; k0 += DEPTH) {
      const depth = min(k - k0, DEPTH);
      for (let m0: usize = 0; m0 < m; m0 += HEIGHT) {
        const height = min(m - m0, HEIGHT);
        if (transposeA) packRows(a + k0 * rowA + (m0 << 2), rowA, depth, height, packedRows);
        for (let n0: usize = 0; n0 < n; n0 += COLUMNS) {
          const panel = work + ((n0 * k + k0 * COLUMNS) << 2);
          const columns = min(n - n0, COLUMNS);
          for (let row: usize = 0; row < height; row += ROWS) {
            const rows = min(height - row, ROWS);
            const first = transposeA ? packedRows + ((row * depth) << 2) : a + (m0 + row) * rowA + (k0 << 2);
            const across: usize = transposeA ? 4 : rowA;
            const along: usize = transposeA ? ROWS << 2 : 4;
            // A block with fewer rows computes its last row again, and writes it once.
            const second = rows > 1 ? first + across : first;
            const third = rows > 2 ? second + across : second;
            const fourth = rows > 3 ? third + across : third;
            const into = c + (((m0 + row) * n + n0) << 2);
            block(first, second, third, fourth, along, panel, depth, into, n << 2, rows, columns, more | u32(k0 > 0));
          }
        }
      }
    }
    a += strideA << 2;
    b += strideB << 2;
    c += (m * n) << 2;
  }
}

/** One block of C: four rows of A, which go on by `along` bytes, times a panel of B; on top of C where `more`. */
function block(
  a0: usize,
  a1: usize,
  a2: usize,
  a3: usize,
  along: usize,
  panel: usize,
  depth: usize,
  c: usize,
  rowC: usize,
  rows: usize,
  columns: usize,
  more: u32,
): void {
  let left0 = f32x4.splat(0);
  let left1 = f32x4.splat(0);
  let left2 = f32x4.splat(0);
  let left3 = f32x4.splat(0);
  let right0 = f32x4.splat(0);
  let right1 = f32x4.splat(0);
  let right2 = f32x4.splat(0);
  let right3 = f32x4.splat(0);
  const end = panel + depth * (COLUMNS << 2);
  while (panel < end) {
    const left = v128.load(panel);
    const right = v128.load(panel, 16);
    let value = v128.load32_splat(a0);
    left0 = f32x4.add(left0, f32x4.mul(value, left));
    right0 = f32x4.add(right0, f32x4.mul(value, right));
    value = v128.load32_splat(a1);
    left1 = f32x4.add(left1, f32x4.mul(value, left));
    right1 = f32x4.add(right1, f32x4.mul(value, right));
    value = v128.load32_splat(a2);
    left2 = f32x4.add(left2, f32x4.mul(value, left));
    right2 = f32x4.add(right2, f32x4.mul(value, right));
    value = v128.load32_splat(a3);
    left3 = f32x4.add(left3, f32x4.mul(value, left));
    right3 = f32x4.add(right3, f32x4.mul(value, right));
    a0 += along;
    a1 += along;
    a2 += along;
    a3 += along;
    panel += COLUMNS << 2;
  }
  write(c, left0, right0, columns, more);
  if (rows > 1) write(c + rowC, left1, right1, columns, more);
  if (rows > 2) write(c + 2 * rowC, left2, right2, columns, more);
  if (rows > 3) write(c + 3 * rowC, left3, right3, columns, more);
}

/** Writes the first `columns` of 8 values, on top of what is there where `more`. */
function write(c: usize, left: v128, right: v128, columns: usize, more: u32): void {
  if (columns >= 4) {
    v128.store(c, more ? f32x4.add(left, v128.load(c)) : left);
    if (columns == COLUMNS) {
      v128.store(c, more ? f32x4.add(right, v128.load(c, 16)) : right, 16);
      return;
    }
    c += 16;
    columns -= 4;
    left = right;
  }
  if (columns > 0) writeOne(c, f32x4.extract_lane(left, 0), more);
  if (columns > 1) writeOne(c + 4, f32x4.extract_lane(left, 1), more);
  if (columns > 2) writeOne(c + 8, f32x4.extract_lane(left, 2), more);
}

function writeOne(c: usize, value: f32, more: u32): void {
  store<f32>(c, more ? value + load<f32>(c) : value);
}

/** op(B) as panels of 8 columns, each k × 8; the last one filled up with zeros. */
function packColumns(b: usize, rowB: usize, transposed: u32, n: usize, k: usize, panel: usize): void {
  for (let n0: usize = 0; n0 < n; n0 += COLUMNS) {
    const columns = min(n - n0, COLUMNS);
    const from = b + (transposed ? n0 * rowB : n0 << 2);
    if (columns < COLUMNS) packPartialPanel(from, rowB, transposed, columns, k, panel);
    else if (transposed) packTransposedPanel(from, rowB, k, panel);
    else packPanel(from, rowB, k, panel);
    panel += k * (COLUMNS << 2);
  }
}

function packPanel(from: usize, rowB: usize, k: usize, panel: usize): void {
  for (let i: usize = 0; i < k; i++) {
    v128.store(panel, v128.load(from));
    v128.store(panel, v128.load(from, 16), 16);
    from += rowB;
    panel += COLUMNS << 2;
  }
}

function packTransposedPanel(from: usize, rowB: usize, k: usize, panel: usize): void {
  let i: usize = 0;
  for (; i + 4 <= k; i += 4) {
    transpose4(from, rowB, panel);
    transpose4(from + 4 * rowB, rowB, panel + 16);
    from += 16;
    panel += COLUMNS << 4;
  }
  for (; i < k; i++) {
    for (let j: usize = 0; j < COLUMNS; j++) store<f32>(panel + (j << 2), load<f32>(from + j * rowB));
    from += 4;
    panel += COLUMNS << 2;
  }
}

function packPartialPanel(from: usize, rowB: usize, transposed: u32, columns: usize, k: usize, panel: usize): void {
  const along: usize = transposed ? 4 : rowB;
  const across: usize = transposed ? rowB : 4;
  for (let i: usize = 0; i < k; i++) {
    for (let j: usize = 0; j < COLUMNS; j++) {
      store<f32>(panel + (j << 2), j < columns ? load<f32>(from + j * across) : 0);
    }
    from += along;
    panel += COLUMNS << 2;
  }
}

/** A 4 × 4 block of rows into every other 16 bytes: the left or right half of a panel. */
function transpose4(from: usize, row: usize, to: usize): void {
  const row0 = v128.load(from);
  const row1 = v128.load(from + row);
  const row2 = v128.load(from + 2 * row);
  const row3 = v128.load(from + 3 * row);
  const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
  const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
  const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i32>(low01, low23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<i32>(low01, low23, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<i32>(high01, high23, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<i32>(high01, high23, 2, 3, 6, 7), 96);
}

/** Up to 64 neighbouring columns of A, 4 by 4, each as depth × 4. */
function packRows(from: usize, rowA: usize, depth: usize, height: usize, to: usize): void {
  for (let row: usize = 0; row < height; row += ROWS) {
    const rows = min(height - row, ROWS);
    let at = from + (row << 2);
    for (let i: usize = 0; i < depth; i++) {
      if (rows == ROWS) v128.store(to, v128.load(at));
      else for (let j: usize = 0; j < rows; j++) store<f32>(to + (j << 2), load<f32>(at + (j << 2)));
      at += rowA;
      to += ROWS << 2;
    }
  }
}

/** Names of invented merchants, in the order in which they are given out. */
const TREES = [
  'alder',
  'birch',
  'cedar',
  'elder',
  'fir',
  'gorse',
  'hazel',
  'ivy',
  'juniper',
  'larch',
  'maple',
  'oak',
  'pine',
  'quince',
  'rowan',
  'spruce',
  'thorn',
  'willow',
  'yew',
  'zelkova',
] as const;

/** The name of the merchant at a 0-based position. */
export function merchantName(position: number): string {
  const name = TREES[position % TREES.length] ?? 'merchant';
  return position < TREES.length ? name : `${name}-${Math.floor(position / TREES.length) + 1}`;
}

import type { Catalogue, Item } from '../recommender/index.js';
import { below, pick, shuffled, weighted } from './draws.js';
import type { Uniform } from './draws.js';
import { BRAND_ENDS, BRAND_STARTS, DEPARTMENTS, DETAILS, STYLES } from './words.js';
import type { ProductKind } from './words.js';

/** Exponent of the popularity law: the item of rank r is drawn in proportion to r^−.8 within its kind. */
const POPULARITY_EXPONENT = 0.8;
/** Complements of an item, and how much likelier each is than the next. */
const COMPLEMENTS = 12;
/**
 * How much likelier a complement is of the same kind, aisle, brand or style: people collect series, and makers sell
 * lines of products that go together.
 */
const LIKENESS = { kind: 10, aisle: 3, brand: 15, style: 5 } as const;

/** An item with what the generator, and nobody else, knows about it. */
export interface HiddenItem {
  readonly kind: number;
  readonly style: number;
  readonly brand: string;
  /** Relative popularity. */
  readonly weight: number;
  /** Items that tend to be bought right after it, likeliest first; the same at every merchant. */
  readonly complements: readonly number[];
}

/** A kind of product as a shopper sees it. */
export interface HiddenKind {
  readonly department: number;
  readonly aisle: string;
  readonly use: ProductKind['use'];
  /** Items of this kind. */
  readonly items: readonly number[];
}

/** An invented catalogue and its hidden structure. */
export interface Assortment {
  readonly catalogue: Catalogue;
  readonly items: readonly HiddenItem[];
  readonly kinds: readonly HiddenKind[];
}

interface KindWords extends ProductKind {
  readonly department: number;
  readonly aisle: string;
  readonly category: string;
  readonly materials: readonly string[];
}

/** Invents `size` items over all kinds of products; ids are `item-0`, `item-1`, … */
export function inventAssortment(uniform: Uniform, size: number): Assortment {
  const words = kindsOf();
  const brands = BRAND_STARTS.flatMap((start) => BRAND_ENDS.map((end) => `${start} ${end}`));
  const brandsOf = DEPARTMENTS.map(() => shuffled(uniform, brands).slice(0, 10));
  const ranks = shuffled(
    uniform,
    Array.from({ length: size }, (_, rank) => rank),
  );
  const shown: Item[] = [];
  const hidden: Omit<HiddenItem, 'complements'>[] = [];
  const itemsOf: number[][] = words.map(() => []);
  for (let item = 0; item < size; item++) {
    const kind = item % words.length;
    const word = words[kind];
    if (word === undefined) continue;
    const style = below(uniform, STYLES.length);
    const brand = pick(uniform, brandsOf[word.department] ?? brands);
    const title = `${STYLES[style] ?? ''} ${pick(uniform, word.materials)} ${pick(uniform, word.nouns)}, ${pick(uniform, DETAILS)}`;
    shown.push({ id: `item-${item}`, title, brand, category: word.category });
    hidden.push({ kind, style, brand, weight: (1 + (ranks[item] ?? 0)) ** -POPULARITY_EXPONENT });
    itemsOf[kind]?.push(item);
  }
  const kinds = words.map(({ department, aisle, use }, kind) => ({
    department,
    aisle,
    use,
    items: itemsOf[kind] ?? [],
  }));
  const items = hidden.map((item, index) => ({ ...item, complements: complementsOf(uniform, index, hidden, kinds) }));
  const indexOf = new Map(shown.map(({ id }, index) => [id, index]));
  return { catalogue: { items: shown, indexOf }, items, kinds };
}

function kindsOf(): KindWords[] {
  return DEPARTMENTS.flatMap(({ name, materials, aisles }, department) =>
    Object.entries(aisles).flatMap(([aisle, kinds]) =>
      Object.entries(kinds).map(([kind, { nouns, use }]) => ({
        nouns,
        use,
        department,
        aisle,
        materials,
        category: `${name} ${aisle} ${kind}`,
      })),
    ),
  );
}

/** Draws from the same department, by popularity and rather of the same series or line of products. */
function complementsOf(
  uniform: Uniform,
  index: number,
  items: readonly Omit<HiddenItem, 'complements'>[],
  kinds: readonly HiddenKind[],
): number[] {
  const item = items[index];
  if (item === undefined) return [];
  const own = kinds[item.kind];
  const candidates = kinds
    .filter((kind) => kind.department === own?.department)
    .flatMap((kind) => kind.items)
    .filter((other) => other !== index);
  const weights = candidates.map((other) => {
    const candidate = items[other];
    if (candidate === undefined) return 0;
    const aisle = kinds[candidate.kind]?.aisle === own?.aisle ? LIKENESS.aisle : 1;
    const kind = candidate.kind === item.kind ? LIKENESS.kind : 1;
    const brand = candidate.brand === item.brand ? LIKENESS.brand : 1;
    return candidate.weight * kind * aisle * brand * (candidate.style === item.style ? LIKENESS.style : 1);
  });
  const chosen: number[] = [];
  while (chosen.length < Math.min(COMPLEMENTS, candidates.length)) {
    const at = weighted(uniform, weights);
    const candidate = candidates[at];
    weights[at] = 0;
    if (candidate !== undefined) chosen.push(candidate);
  }
  return chosen;
}

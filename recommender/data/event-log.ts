import type { Shopper } from '../types.js';

/** One shopper's events while a file is being read. */
interface Growing {
  readonly key: string;
  readonly items: number[];
  readonly places: number[];
  /** `item@place` of every event, kept once a linear search would be slow. */
  seen?: Set<string>;
}

/** Above this many events a shopper's repeats are looked up in a set. */
const SHORT_HISTORY = 64;

/** Gathers events by shopper. Raw ids live only in this object, for the time of one reading. */
export class EventLog {
  private readonly byRawId = new Map<string, Growing>();
  private readonly hash: (raw: string) => string;

  constructor(hash: (raw: string) => string) {
    this.hash = hash;
  }

  /** Adds an event unless the very same one (shopper, item and place) is already there. */
  add(raw: string, item: number, place: number): 'added' | 'repeated' {
    const shopper = this.shopper(raw);
    if (isRepeated(shopper, item, place)) return 'repeated';
    shopper.items.push(item);
    shopper.places.push(place);
    shopper.seen?.add(`${item}@${place}`);
    return 'added';
  }

  private shopper(raw: string): Growing {
    const known = this.byRawId.get(raw);
    if (known !== undefined) return known;
    const created: Growing = { key: this.hash(raw), items: [], places: [] };
    this.byRawId.set(raw, created);
    return created;
  }

  /**
   * The shoppers in the order of their first events in the file, histories oldest first; of longer histories the newest
   * `most` events.
   * @param timeOf the time that a place stands for, which the shoppers then keep; absent where places are positions
   */
  shoppers(most: number, timeOf?: (place: number) => number): Shopper[] {
    return Array.from(this.byRawId.values(), ({ key, items, places }) => {
      const all = items.map((_, at) => at).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0) || a - b);
      const order = all.slice(-most);
      const history = Int32Array.from(order, (at) => items[at] ?? 0);
      if (timeOf === undefined) return { key, history };
      return { key, history, times: Float64Array.from(order, (at) => timeOf(places[at] ?? 0)) };
    });
  }

  /** Shoppers with more than `most` events, and how many events that is too many. */
  beyond(most: number): { readonly shoppers: number; readonly events: number } {
    const excess = Array.from(this.byRawId.values(), ({ items }) => items.length - most).filter((over) => over > 0);
    return { shoppers: excess.length, events: excess.reduce((sum, over) => sum + over, 0) };
  }

  /** Shoppers whose places are not consecutive whole numbers. */
  shoppersWithGaps(): number {
    let count = 0;
    for (const { places } of this.byRawId.values()) {
      const distinct = new Set(places);
      const [first, last] = extent(places);
      if (last - first + 1 !== distinct.size) count++;
    }
    return count;
  }
}

function isRepeated(shopper: Growing, item: number, place: number): boolean {
  const { items, places } = shopper;
  if (items.length > SHORT_HISTORY) {
    shopper.seen ??= new Set(items.map((other, at) => `${other}@${places[at] ?? 0}`));
    return shopper.seen.has(`${item}@${place}`);
  }
  return items.some((other, at) => other === item && places[at] === place);
}

function extent(values: readonly number[]): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

/** How many refused rows a report shows; the rest is only counted. */
export const EXAMPLES_KEPT = 10;

/** One refused row, for the merchant's own eyes: reports never leave the merchant. */
export interface RefusedRow {
  /** 1-based line of the file on which the row ends. */
  readonly line: number;
  readonly reason: string;
  readonly note?: string;
}

/** What reading one file came to. */
export interface FileReport {
  readonly file: string;
  /** Rows after the header. */
  readonly rows: number;
  readonly used: number;
  /** Refused rows by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** The first refused rows. */
  readonly examples: readonly RefusedRow[];
}

/** Something odd in the data that does not make a row unusable: what was found, and what was done about it. */
export interface Anomaly {
  readonly kind:
    'same-event-twice' | 'too-many-events' | 'future-time' | 'ancient-time' | 'broken-encoding' | 'same-item-twice';
  /** Rows, shoppers or items, as the sentence says. */
  readonly count: number;
  readonly action: 'refused' | 'capped' | 'kept';
  /** What it is, why it matters and what was done, in one or two sentences. */
  readonly explanation: string;
  /** 1-based lines of the first ones, where they have lines. */
  readonly lines: readonly number[];
}

/** What reading a merchant's data came to: counts and gaps. Local; never sent anywhere. */
export interface DataReport {
  readonly items: FileReport;
  readonly events: FileReport;
  readonly shop: ShopCounts;
  /** Things that are allowed but worth knowing, as sentences. */
  readonly notes: readonly string[];
  /** What is odd, and what was done about it. */
  readonly anomalies: readonly Anomaly[];
}

/** Sizes of a shop. */
export interface ShopCounts {
  readonly items: number;
  readonly shoppers: number;
  readonly events: number;
  readonly eventsPerShopper: { readonly least: number; readonly median: number; readonly most: number };
  /** Shoppers with fewer than four events, who cannot be evaluated leave-one-out. */
  readonly shortShoppers: number;
  /** Shoppers whose positions leave numbers out. */
  readonly shoppersWithGaps: number;
  /** Events of an item that the shopper had bought before. */
  readonly repeats: number;
  readonly itemsWithoutEvents: number;
  readonly itemsWithoutTitle: number;
  readonly itemsWithoutBrand: number;
  readonly itemsWithoutCategory: number;
}

/** Counts rows as a file is read. */
export class RowTally {
  private used = 0;
  private refusedTotal = 0;
  private readonly refused = new Map<string, number>();
  private readonly examples: RefusedRow[] = [];
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  use(): void {
    this.used++;
  }

  refuse(reason: string, line: number, note?: string): void {
    this.refusedTotal++;
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
    if (this.examples.length < EXAMPLES_KEPT) {
      this.examples.push(note === undefined ? { line, reason } : { line, reason, note });
    }
  }

  report(): FileReport {
    return {
      file: this.file,
      rows: this.used + this.refusedTotal,
      used: this.used,
      refused: Object.fromEntries(this.refused),
      examples: this.examples,
    };
  }
}

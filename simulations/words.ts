/** One kind of product: what it is called, and whether it is used up and bought again. */
export interface ProductKind {
  readonly nouns: readonly string[];
  readonly use: 'lasting' | 'consumable';
}

/** A department of the invented marketplace: aisles, and under each the kinds of products. */
export interface Department {
  readonly name: string;
  readonly materials: readonly string[];
  readonly aisles: Readonly<Record<string, Readonly<Record<string, ProductKind>>>>;
}

const lasting = (...nouns: string[]): ProductKind => ({ nouns, use: 'lasting' });
const consumable = (...nouns: string[]): ProductKind => ({ nouns, use: 'consumable' });

/** Words that say how a thing looks; a shopper's taste prefers two of them. */
export const STYLES = ['Rustic', 'Minimal', 'Floral', 'Striped', 'Vintage', 'Pastel', 'Nautical', 'Geometric'] as const;

/** Ends of titles. */
export const DETAILS = [
  'Small',
  'Medium',
  'Large',
  'Set of 2',
  'Set of 4',
  'Pack of 6',
  'Travel Size',
  'Family Size',
  'Gift Boxed',
  'with Lid',
  'Foldable',
  'Refillable',
] as const;

/** Invented brands are one of these words and one of {@link BRAND_ENDS}. */
export const BRAND_STARTS = ['Copper', 'Willow', 'Amber', 'Quiet', 'Harbour', 'Juniper', 'Saffron', 'Winter'] as const;
/** Second words of invented brands. */
export const BRAND_ENDS = ['Heron', 'Lantern', 'Thicket', 'Mill', 'Badger', 'Orchard'] as const;

/** The invented marketplace's departments. */
export const DEPARTMENTS: readonly Department[] = [
  {
    name: 'Kitchen',
    materials: ['Oak', 'Steel', 'Ceramic', 'Glass', 'Bamboo'],
    aisles: {
      Baking: {
        Tins: lasting('Loaf Tin', 'Cake Tin', 'Muffin Tray'),
        Tools: lasting('Rolling Pin', 'Whisk', 'Dough Scraper'),
        Papers: consumable('Baking Paper', 'Muffin Cases', 'Piping Bags'),
      },
      Table: {
        Plates: lasting('Dinner Plate', 'Soup Bowl', 'Serving Board'),
        Cups: lasting('Mug', 'Espresso Cup', 'Tumbler'),
        Napkins: consumable('Paper Napkins', 'Table Candles', 'Drinking Straws'),
      },
    },
  },
  {
    name: 'Garden',
    materials: ['Terracotta', 'Willow', 'Zinc', 'Cedar', 'Jute'],
    aisles: {
      Planting: {
        Pots: lasting('Flower Pot', 'Hanging Basket', 'Window Box'),
        Seeds: consumable('Tomato Seeds', 'Herb Seeds', 'Wildflower Seeds'),
        Feeds: consumable('Plant Food', 'Potting Soil', 'Rose Feed'),
      },
      Outdoors: {
        Tools: lasting('Hand Trowel', 'Pruning Shears', 'Watering Can'),
        Lights: lasting('Garden Lantern', 'Solar Light', 'String Lights'),
        Birds: consumable('Bird Seed', 'Suet Balls', 'Peanut Feeder Refill'),
      },
    },
  },
  {
    name: 'Stationery',
    materials: ['Recycled', 'Linen', 'Leather', 'Cork', 'Brass'],
    aisles: {
      Writing: {
        Pens: lasting('Fountain Pen', 'Brush Pen', 'Mechanical Pencil'),
        Inks: consumable('Ink Bottle', 'Ink Cartridges', 'Pencil Leads'),
        Notebooks: consumable('Dotted Notebook', 'Sketchbook', 'Pocket Diary'),
      },
      Desk: {
        Trays: lasting('Letter Tray', 'Pen Holder', 'Book End'),
        Notes: consumable('Sticky Notes', 'Index Cards', 'Envelopes'),
        Crafts: consumable('Washi Tape', 'Rubber Stamps', 'Sealing Wax'),
      },
    },
  },
  {
    name: 'Bath',
    materials: ['Cotton', 'Lavender', 'Sea Salt', 'Charcoal', 'Almond'],
    aisles: {
      Washing: {
        Soaps: consumable('Soap Bar', 'Hand Wash', 'Shower Gel'),
        Towels: lasting('Bath Towel', 'Hand Towel', 'Bath Mat'),
        Brushes: lasting('Body Brush', 'Nail Brush', 'Soap Dish'),
      },
      Caring: {
        Creams: consumable('Hand Cream', 'Body Lotion', 'Lip Balm'),
        Hair: consumable('Shampoo Bar', 'Hair Oil', 'Conditioner'),
        Scents: consumable('Bath Salts', 'Scented Candle', 'Room Spray'),
      },
    },
  },
  {
    name: 'Camping',
    materials: ['Canvas', 'Titanium', 'Wool', 'Waxed', 'Ripstop'],
    aisles: {
      Sleeping: {
        Shelters: lasting('Two Person Tent', 'Tarpaulin', 'Hammock'),
        Bags: lasting('Sleeping Bag', 'Camping Pillow', 'Ground Mat'),
        Repair: consumable('Tent Pegs', 'Seam Sealer', 'Guy Rope'),
      },
      Cooking: {
        Stoves: lasting('Camp Stove', 'Camping Kettle', 'Mess Kit'),
        Fuels: consumable('Fire Starters', 'Fuel Tablets', 'Storm Matches'),
        Bottles: lasting('Water Bottle', 'Vacuum Flask', 'Water Filter'),
      },
    },
  },
  {
    name: 'Play',
    materials: ['Wooden', 'Felt', 'Cardboard', 'Beech', 'Knitted'],
    aisles: {
      Building: {
        Blocks: lasting('Building Blocks', 'Marble Run', 'Train Track'),
        Puzzles: lasting('Jigsaw Puzzle', 'Shape Sorter', 'Number Puzzle'),
        Models: consumable('Model Plane Kit', 'Paper Robot Kit', 'Clay Refill'),
      },
      Pretending: {
        Animals: lasting('Toy Farm', 'Hand Puppet', 'Rocking Horse'),
        Games: lasting('Memory Game', 'Card Game', 'Domino Set'),
        Paints: consumable('Finger Paint', 'Wax Crayons', 'Sticker Book'),
      },
    },
  },
];

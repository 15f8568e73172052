/** How a file says which event came first. */
export interface EventOrder {
  /** The event's place in the order, or undefined where the field cannot be read. Exact as a double. */
  parse(field: string): number | undefined;
  /** What a refused field is called in the report. */
  readonly refusal: string;
}

/** Positions 0, 1, 2, …, also as 0.0, 1.0, 2.0, which is how a table that once had gaps is exported. */
export const BY_POSITION: EventOrder = {
  refusal: 'position is not a whole number from 0',
  parse(field) {
    const text = field.trim();
    const value = /^\d{1,15}(?:\.0{1,9})?$/.test(text) ? Number(text) : NaN;
    return Number.isNaN(value) ? undefined : value;
  },
};

const ISO_8601 = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/;

/** Numbers (such as Unix seconds, milliseconds or microseconds), or ISO 8601 dates and times; without a zone they are taken as UTC. */
export const BY_TIMESTAMP: EventOrder = {
  refusal: 'timestamp is neither a number nor an ISO 8601 time',
  parse(field) {
    const text = field.trim();
    if (/^-?\d{1,16}(?:\.\d{1,9})?$/.test(text)) {
      const number = Number(text);
      return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined;
    }
    const match = ISO_8601.exec(text);
    if (match === null) return undefined;
    const dated = text.length === 'YYYY-MM-DD'.length;
    const normal = text.replace(' ', 'T').replace(',', '.');
    const value = Date.parse(dated || match.groups?.zone !== undefined ? normal : `${normal}Z`);
    return Number.isNaN(value) ? undefined : value;
  },
};

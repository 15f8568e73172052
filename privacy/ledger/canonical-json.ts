/**
 * JSON in one form only (RFC 8785): no blanks, members sorted by the UTF-16 units of their names, numbers and strings as
 * ECMAScript writes them. Whoever else wants to check a hash over it needs no more than that document.
 * @throws TypeError for what is no JSON value, such as NaN or undefined
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} that is no JSON value`);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

const THOUSAND = 1000;
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number with so many decimals. */
export function fixed(value: number, decimals: number): string {
  return value.toFixed(decimals);
}

/** A share as per cent with one decimal: .05 → "5.0 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A change as per cent with its sign: .05 → "+5.0 %". */
export function signedPercent(share: number): string {
  return share < 0 ? percent(share) : `+${percent(share)}`;
}

/** A number of bytes in decimal units: 812345 → "812 kB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= THOUSAND && unit < UNITS.length - 1) {
    value /= THOUSAND;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? 'B'}`;
}

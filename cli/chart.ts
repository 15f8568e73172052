/** A line of a chart; points in the order in which they are joined, all positive. */
export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A chart with logarithmic axes. */
export interface ChartSpec {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const SIZE = { width: 760, height: 460 };
const FRAME = { left: 84, right: 40, top: 56, bottom: 92 };
/** Readable on white and on black, and apart for people who see colours differently (Okabe and Ito's palette). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'] as const;
const DASHES = ['', '7 4', '2 3', '9 3 2 3'] as const;
const GREY = '#808080';

/** Draws a chart as a self-contained SVG document without a background, for light and dark pages alike. */
export function renderChart({ title, xLabel, yLabel, series }: ChartSpec): string {
  const points = series.flatMap((each) => each.points);
  const x = axis(
    points.map(([value]) => value),
    FRAME.left,
    SIZE.width - FRAME.right,
  );
  const y = axis(
    points.map(([, value]) => value),
    SIZE.height - FRAME.bottom,
    FRAME.top,
  );
  const bottom = SIZE.height - FRAME.bottom;
  const middle = (FRAME.left + SIZE.width - FRAME.right) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="13" fill="${GREY}" role="img" aria-label="${escape(title)}">`,
    `<text x="${middle}" y="28" text-anchor="middle" font-size="16">${escape(title)}</text>`,
    ...x.ticks.map(
      (tick) =>
        `<path d="M${at(x, tick)} ${FRAME.top}V${bottom}" stroke="${GREY}" stroke-opacity=".25"/><text x="${at(x, tick)}" y="${bottom + 18}" text-anchor="middle">${short(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<path d="M${FRAME.left} ${at(y, tick)}H${SIZE.width - FRAME.right}" stroke="${GREY}" stroke-opacity=".25"/><text x="${FRAME.left - 8}" y="${at(y, tick) + 4}" text-anchor="end">${short(tick)}</text>`,
    ),
    `<text x="${middle}" y="${bottom + 40}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text x="20" y="${(FRAME.top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 20 ${(FRAME.top + bottom) / 2})">${escape(yLabel)}</text>`,
    ...series.flatMap((each, i) => lineOf(each, i, x, y)),
    '</svg>',
    '',
  ].join('\n');
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** A logarithmic axis that holds the values, with a tick at 1, 2 and 5 of every decade. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.min(...values) / 1.1;
  const high = Math.max(...values) * 1.1;
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(low)); decade <= Math.ceil(Math.log10(high)); decade += 1) {
    for (const digit of [1, 2, 5]) {
      const tick = digit * 10 ** decade;
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return { low, high, from, to, ticks };
}

function at({ low, high, from, to }: Axis, value: number): number {
  const share = Math.log(value / low) / Math.log(high / low);
  return Number((from + share * (to - from)).toFixed(1));
}

function lineOf({ label, points }: Series, index: number, x: Axis, y: Axis): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? GREY;
  const dash = DASHES[index % DASHES.length] ?? '';
  const path = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${at(x, px)} ${at(y, py)}`).join('');
  const left = FRAME.left + 225 * index;
  const top = SIZE.height - 24;
  const stroke = `stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}" fill="none"`;
  return [
    `<path d="${path}" ${stroke}/>`,
    ...points.map(([px, py]) => `<circle cx="${at(x, px)}" cy="${at(y, py)}" r="3" fill="${colour}"/>`),
    `<path d="M${left} ${top - 4}h26" ${stroke}/><text x="${left + 32}" y="${top}">${escape(label)}</text>`,
  ];
}

const short = (value: number): string => String(Number(value.toPrecision(2)));

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

import { studentCumulative } from './student.js';

/**
 * How improbable the gate shoppers' loss must be, were the component harmless, before the component is dropped.
 *
 * The question is asked of a component that is a public default because it helped on public data: a merchant has a few
 * hundred gate shoppers, whose standard error (7 % of NDCG at 200) is larger than the gain expected. A test that asked
 * for proof of gain would refuse nearly every good component; one that asks for evidence of harm drops a harmless
 * one in at most 1 of 10 cases and a useful one more rarely, and still stops what costs a merchant much.
 */
export const HARM_LEVEL = 0.1;

/** With fewer shoppers whose metric changes, not even losses alone would be improbable enough: 2⁻³ > {@link HARM_LEVEL}. */
export const FEWEST_CHANGED = 4;

/** Up to so many changes every pattern of signs is counted; beyond, Student's distribution is near enough. */
const EXACT_UP_TO = 16;

/** Which part of the federation's work is judged, or the public weights that stand in for it. */
export type FederatedComponent = 'counts' | 're-ranker' | 'tower' | 'public re-ranker';

/** Subject and verb of the sentence on each. */
const SUBJECTS: Readonly<Record<FederatedComponent, string>> = {
  counts: 'The federated counts are',
  're-ranker': 'The federated re-ranker is',
  tower: 'The federated tower is',
  'public re-ranker': 'The public re-ranker, which waits for a federated one, is',
};

/**
 * Components that have to show a gain before they are used: on public data the tower brought none, so it gets no benefit
 * of the doubt.
 */
const MUST_SHOW_GAIN: ReadonlySet<FederatedComponent> = new Set(['tower']);

/** What the gate decided, and on what evidence; kept at the merchant, never sent. */
export interface GateDecision {
  readonly component: FederatedComponent;
  readonly use: boolean;
  /** Gate shoppers with a validation item. */
  readonly shoppers: number;
  /** Those among them whose metric the component changes. */
  readonly changed: number;
  /** Means of the metric without and with the component. */
  readonly without: number;
  readonly with: number;
  /** Probability of so great a loss if gain and loss were equally likely; 1 when there is too little evidence. */
  readonly pHarm: number;
  /** The decision in one sentence. */
  readonly reason: string;
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? 0;
  return values.length === 0 ? 0 : sum / values.length;
};

/**
 * One-sided p-value of the randomisation test (Fisher 1935): among all ways to give the changes their signs, the share
 * whose sum is no greater than the observed one.
 */
function exactHarm(changes: Float64Array): number {
  const observed = changes.reduce((sum, value) => sum + value, 0);
  const patterns = 2 ** changes.length;
  let asLow = 0;
  for (let pattern = 0; pattern < patterns; pattern += 1) {
    let sum = 0;
    for (let place = 0; place < changes.length; place += 1) {
      const size = Math.abs(changes[place] ?? 0);
      sum += (pattern >> place) % 2 === 0 ? size : -size;
    }
    if (sum <= observed + ROUNDING) asLow += 1;
  }
  return asLow / patterns;
}

/** Sums that differ by less are equal; metrics are of the order of 1. */
const ROUNDING = 1e-12;

/** One-sided p-value of a paired t-test for a mean difference below 0. */
function studentHarm(differences: Float64Array): number {
  const average = mean(differences);
  const variance = differences.reduce((sum, value) => sum + (value - average) ** 2, 0) / (differences.length - 1);
  if (variance < ROUNDING ** 2) return average < 0 ? 0 : 1;
  return studentCumulative(average / Math.sqrt(variance / differences.length), differences.length - 1);
}

/**
 * Decides whether a component is used: yes, unless gate shoppers' validation items show harm against the merchant's own
 * best at level {@link HARM_LEVEL} (one-sided: exact over the signs of
 * few changes, else a paired t-test).
 * @param evidence one value of the metric a gate shopper, in the same order
 * @throws RangeError when the two arrays differ in length
 */
export function decide(
  component: FederatedComponent,
  evidence: { readonly without: Float64Array; readonly with: Float64Array },
): GateDecision {
  const { without } = evidence;
  if (without.length !== evidence.with.length) throw new RangeError('Both sides need the same shoppers.');
  const differences = evidence.with.map((value, shopper) => value - (without[shopper] ?? 0));
  const changed = differences.filter((value) => value !== 0).length;
  const pHarm = lossProbability(differences);
  const figures = { shoppers: without.length, changed, without: mean(without), with: mean(evidence.with), pHarm };
  if (MUST_SHOW_GAIN.has(component)) {
    // The same test of leaving the component out: is that a loss?
    const pGain = lossProbability(differences.map((value) => -value));
    const use = pGain < HARM_LEVEL;
    return { component, use, ...figures, reason: explainGain(component, use, { ...figures, pGain }) };
  }
  const use = pHarm >= HARM_LEVEL;
  return { component, use, ...figures, reason: explain(component, use, figures) };
}

/** Probability of so great a loss if gain and loss were equally likely; 1 when there is too little evidence. */
function lossProbability(differences: Float64Array): number {
  const changes = differences.filter((value) => value !== 0);
  if (changes.length < FEWEST_CHANGED) return 1;
  return changes.length <= EXACT_UP_TO ? exactHarm(changes) : studentHarm(differences);
}

type Figures = Pick<GateDecision, 'shoppers' | 'changed' | 'without' | 'with' | 'pHarm'>;

function explainGain(
  component: FederatedComponent,
  use: boolean,
  { shoppers, without, with: together, pGain }: Figures & { readonly pGain: number },
): string {
  const evidence = `NDCG@10 goes from ${without.toFixed(4)} to ${together.toFixed(4)} on ${shoppers} shoppers that no release has seen`;
  return use
    ? `${SUBJECTS[component]} used: ${evidence}, which shows a gain (p ${pGain.toFixed(3)}, below ${HARM_LEVEL}).`
    : `${SUBJECTS[component]} not used: ${evidence}, which shows no gain (p ${pGain.toFixed(2)}, a gain needs less than ${HARM_LEVEL}).`;
}

function explain(component: FederatedComponent, use: boolean, figures: Figures): string {
  const subject = SUBJECTS[component];
  const from = figures.without.toFixed(4);
  const to = figures.with.toFixed(4);
  const seen = `${figures.shoppers} shoppers that no release has seen`;
  if (figures.changed < FEWEST_CHANGED) {
    return `${subject} used by default: the figures of only ${figures.changed} of ${seen} change, too few to judge.`;
  }
  const evidence = `NDCG@10 goes from ${from} to ${to} on ${seen}`;
  return use
    ? `${subject} used: ${evidence}, which shows no harm (p ${figures.pHarm.toFixed(2)}, harm below ${HARM_LEVEL}).`
    : `${subject} not used: ${evidence}, which shows harm (p ${figures.pHarm.toFixed(3)}, below ${HARM_LEVEL}).`;
}

/**
 * The tighter ε beside the enforced one: privacy loss distributions of schedules that were fixed before their first round.
 *
 * A job names its rounds, noise and sampling rate before it begins, and every contract of it repeats them. Such a schedule
 * is charged whole, however many of its rounds have run: stopping early reveals no more than going on would. A job that
 * ran more rounds than it planned (rounds that failed after the upload, and were run again), or whose rounds differ, was
 * not fixed beforehand; its ε is that by Rényi divergences. Jobs follow each other by what earlier ones gave, so they add
 * up by basic composition: Σ ε_j at Σ δ_j, each at an equal share of δ.
 */
import type { MechanismEvent } from '../accounting/events.js';
import { pldEpsilon } from '../accounting/pld.js';
import { epsilonOf } from '../accounting/rdp.js';
import { eventOf, eventsOf } from './entries.js';
import type { LedgerEntry } from './entries.js';

/** A job's spendings, oldest first. */
export type JobEntries = readonly LedgerEntry[];

/** The releases of a job as planned, if it was carried out as planned. */
function plannedEvents(entries: JobEntries): MechanismEvent[] | undefined {
  const [first] = entries;
  if (first === undefined || entries.length > first.steps) return undefined;
  const terms = ({ steps, release }: LedgerEntry): string => JSON.stringify([steps, release]);
  if (!entries.every((entry) => terms(entry) === terms(first))) return undefined;
  const event = eventOf(first.release);
  if (event.kind !== 'pure') return [{ ...event, steps: first.steps * event.steps }];
  // Pure mechanisms add up; a list of them would be as long as a contract says.
  return [{ kind: 'pure', epsilon: first.steps * event.epsilon }];
}

/**
 * ε of one job, charged whole by loss distributions where its schedule was fixed beforehand.
 * @param delta in (0, 1)
 */
export function scheduleEpsilon(entries: JobEntries, delta: number): number {
  const planned = plannedEvents(entries);
  return planned === undefined ? epsilonOf(eventsOf(entries), delta) : pldEpsilon(planned, delta);
}

/**
 * ε of several jobs together at δ: the sum of each one's at an equal share of δ.
 * @param delta in (0, 1)
 */
export function schedulesEpsilon(jobs: readonly JobEntries[], delta: number): number {
  return jobs.reduce((sum, entries) => sum + scheduleEpsilon(entries, delta / jobs.length), 0);
}

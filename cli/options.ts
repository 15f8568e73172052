import { InvalidArgumentError, Option } from 'commander';

/** Bounds of a numeric option; `above` and `below` are exclusive, `min` and `max` inclusive. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

/**
 * Parses a finite decimal number within bounds.
 * @throws InvalidArgumentError, which the command line reports as USAGE
 */
export function real(range: Range): (text: string) => number {
  return (text) => within(text, range, DECIMAL, 'a number');
}

/**
 * Parses an integer within bounds.
 * @throws InvalidArgumentError, which the command line reports as USAGE
 */
export function integer(range: Range): (text: string) => number {
  return (text) => within(text, range, INTEGER, 'a whole number');
}

/**
 * Parses a comma-separated list whose every part must be one of `names`, each at most once.
 * @throws InvalidArgumentError, which the command line reports as USAGE
 */
export function namesOf<Name extends string>(names: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const chosen: Name[] = [];
    for (const part of text.split(',').map((name) => name.trim())) {
      const name = names.find((candidate) => candidate === part);
      if (name === undefined) throw new InvalidArgumentError(`"${part}" is none of ${names.join(', ')}.`);
      if (chosen.includes(name)) throw new InvalidArgumentError(`"${part}" stands in it twice.`);
      chosen.push(name);
    }
    return chosen;
  };
}

/** An option that must be given. */
export function required(flags: string, description: string, parse: (text: string) => unknown): Option {
  return new Option(flags, description).argParser(parse).makeOptionMandatory();
}

/** An option with a value that may be left out. */
export function optional<T>(flags: string, description: string, parse: (text: string) => T, fallback?: T): Option {
  const option = new Option(flags, description).argParser(parse);
  return fallback === undefined ? option : option.default(fallback);
}

/** A text as it stands, but not an empty one. */
export function text(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

function within(text: string, range: Range, form: RegExp, kind: string): number {
  const value = Number(text);
  if (!form.test(text) || !Number.isFinite(value)) throw new InvalidArgumentError(`It must be ${kind}.`);
  const bounds = describe(range);
  if (
    value < (range.min ?? -Infinity) ||
    value > (range.max ?? Infinity) ||
    value <= (range.above ?? -Infinity) ||
    value >= (range.below ?? Infinity)
  ) {
    throw new InvalidArgumentError(`It must be ${kind} ${bounds}.`);
  }
  return value;
}

function describe(range: Range): string {
  const bounds: string[] = [];
  if (range.min !== undefined) bounds.push(`at least ${range.min}`);
  if (range.above !== undefined) bounds.push(`above ${range.above}`);
  if (range.max !== undefined) bounds.push(`at most ${range.max}`);
  if (range.below !== undefined) bounds.push(`below ${range.below}`);
  return bounds.join(' and ');
}

/** An option that may be given several times; its value is the list. */
export function collect(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text(value),
  ]);
}

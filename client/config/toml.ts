import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { GuildhallError } from '../../errors/index.js';
import type { ErrorCode } from '../../errors/index.js';

/**
 * Parses a TOML file's text.
 * @throws GuildhallError with `code`, naming file, line and column
 */
export function parseToml(text: string, file: string, code: ErrorCode): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    throw new GuildhallError(code, `${file}:${error.line}:${error.column}: ${what}`, {
      details: { file, line: error.line, column: error.column },
      cause: error,
    });
  }
}

/**
 * Parses and checks a TOML file in one step.
 * @throws GuildhallError with `code`, naming file, field, and line where the field stands in the file
 */
export function readToml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
  code: ErrorCode,
): z.output<Schema> {
  const result = schema.safeParse(parseToml(text, file, code));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...unknown].map(String);
  const line = lineOf(text, path);
  const where = line === undefined ? file : `${file}:${line}`;
  throw new GuildhallError(code, `${where}: ${path.join('.') || 'the file'}: ${issue?.message ?? 'is not valid'}.`, {
    details: { file, field: path.join('.'), ...(line === undefined ? {} : { line }) },
  });
}

/**
 * The 1-based line on which a field stands, or else its nearest table; undefined when neither is written down.
 * Knows tables and plain keys, which is what people write in these files.
 */
export function lineOf(text: string, path: readonly string[]): number | undefined {
  const lines = text.split('\n');
  let table: string[] = [];
  const counts = new Map<string, number>();
  let best: { line: number; depth: number } | undefined;
  lines.forEach((content, index) => {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$/.exec(content);
    if (header) {
      const [, bracket = '', name = ''] = header;
      table = name.split('.').map(unquote);
      if (bracket === '[[') {
        const count = counts.get(name) ?? 0;
        counts.set(name, count + 1);
        table.push(String(count));
      }
      note(table, index + 1);
      return;
    }
    const key = /^\s*((?:[A-Za-z0-9_-]+|"[^"]*")(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"))*)\s*=/.exec(content);
    if (key) note([...table, ...(key[1] ?? '').split('.').map(unquote)], index + 1);
  });
  return best?.line;

  function note(candidate: readonly string[], line: number): void {
    const depth = Math.min(candidate.length, path.length);
    const leads = candidate.slice(0, depth).every((part, index) => part === path[index]);
    if (leads && depth > (best?.depth ?? 0)) best = { line, depth };
  }
}

const unquote = (part: string): string => part.trim().replace(/^"(.*)"$/, '$1');

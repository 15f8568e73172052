import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';

import { GuildhallError } from '../errors/index.js';
import { requireFile } from './files.js';

/** What federations, merchants and jobs may be called. */
export const NAME_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const milliseconds = (least: number, most: number): z.ZodNumber => z.number().int().min(least).max(most);

const address = z.string().transform((text, context) => {
  const parsed = parseAddress(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'expected host:port, such as "0.0.0.0:7443"' });
  return z.NEVER;
});

const Config = z.strictObject({
  federation: z.string().regex(NAME_PATTERN, 'expected 1 to 64 of a-z, 0-9, dot, hyphen, underscore'),
  listen: z.strictObject({ rounds: address, enrolment: address }),
  public: z.strictObject({
    host: z.string().min(1),
    rounds: z.string().min(1).exactOptional(),
    enrolment: z.string().min(1).exactOptional(),
  }),
  rounds: z
    .strictObject({
      disconnect_grace_ms: milliseconds(0, 600_000).default(2000),
      settle_ms: milliseconds(0, 600_000).default(2000),
      restart_grace_ms: milliseconds(0, 600_000).default(15_000),
      retry_delay_ms: milliseconds(0, 3_600_000).default(1000),
      maximum_failures: z.number().int().min(1).max(1000).default(5),
      keep_sums: z.boolean().default(true),
    })
    .prefault({}),
  limits: z
    .strictObject({
      calls_per_second: z.number().positive().max(100_000).default(50),
      burst: z.number().int().min(1).max(1_000_000).default(200),
      enrolments_per_minute: z.number().positive().max(100_000).default(60),
      upload_stall_ms: milliseconds(100, 600_000).default(30_000),
    })
    .prefault({}),
});

/** A host and a port to listen on; port 0 asks the system for a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** coordinator.toml, checked, with its defaults filled in. Field names are the file's. */
export type CoordinatorConfig = z.output<typeof Config>;

/**
 * Reads coordinator.toml.
 * @throws GuildhallError STATE_DIRECTORY_INVALID when the file is absent, COORDINATOR_CONFIG_INVALID naming file, field
 * and line, STORAGE_UNAVAILABLE
 */
export function readConfig(path: string): CoordinatorConfig {
  return parseConfig(requireFile(path).toString('utf8'), path);
}

/**
 * Parses and checks the text of coordinator.toml.
 * @param file its name, for messages
 * @throws GuildhallError COORDINATOR_CONFIG_INVALID
 */
export function parseConfig(text: string, file: string): CoordinatorConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = 'it is not TOML'] = error.message.split('\n');
    throw invalid(`${file}, line ${error.line}: ${reason}`, { file, line: error.line });
  }
  const result = Config.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : (issue?.path ?? []);
  const field = path.map(String).join('.');
  const line = lineOf(text, path.map(String));
  const place = line === undefined ? file : `${file}, line ${line}`;
  throw invalid(`${place}: ${field}: ${issue?.message ?? 'invalid'}`, {
    file,
    field,
    ...(line === undefined ? {} : { line }),
  });
}

/** Parses host:port, also [v6]:port; undefined when it is neither. */
export function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** host:port as it stands in files and invites. */
export function formatAddress(address: ListenAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** The 1-based line of `section.key` or, if the key is absent, of its section. */
function lineOf(text: string, path: readonly string[]): number | undefined {
  const key = path.at(-1);
  if (key === undefined) return undefined;
  let section = '';
  let sectionLine: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line);
    if (header !== null) {
      section = header[1] ?? '';
      if (section === path.slice(0, -1).join('.') || section === path.join('.')) sectionLine = index + 1;
    } else if (section === path.slice(0, -1).join('.') && line.trimStart().replace(/\s*=.*$/, '') === key) {
      return index + 1;
    }
  }
  return sectionLine;
}

function invalid(message: string, details: { file: string; line?: number; field?: string }): GuildhallError {
  return new GuildhallError('COORDINATOR_CONFIG_INVALID', message, { details });
}

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parsePolicy } from '../../federation/index.js';
import type { Policy } from '../../federation/index.js';
import { GuildhallError } from '../../errors/index.js';
import type { StatePaths } from '../state/directory.js';
import { readIfPresent } from '../state/files.js';
import { lineOf, parseToml, readToml } from './toml.js';

const column = z.string();

const schema = z.strictObject({
  coordinator: z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be HOST:PORT'),
  log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  cache: z.string().min(1).optional(),
  threads: z.int().min(1).max(256).optional(),
  data: z
    .strictObject({
      items: z.string().min(1),
      events: z.string().min(1),
      columns: z
        .strictObject({
          items: z
            .strictObject({ item: column.min(1), title: column, brand: column, category: column })
            .partial()
            .default({}),
          events: z
            .strictObject({
              user: column.min(1),
              item: column.min(1),
              position: column.min(1),
              timestamp: column.min(1),
            })
            .partial()
            .default({}),
        })
        .default({ items: {}, events: {} }),
    })
    .optional(),
});

/** Which columns of the shop's files hold what; an absent name means the reader's default. */
export interface ColumnMapping {
  readonly items: Readonly<Partial<Record<'item' | 'title' | 'brand' | 'category', string>>>;
  readonly events: Readonly<Partial<Record<'user' | 'item' | 'position' | 'timestamp', string>>>;
}

/** Where the shop's data is; absolute paths. */
export interface DataConfig {
  readonly items: string;
  readonly events: string;
  readonly columns: ColumnMapping;
}

/** `client.toml`, checked; paths made absolute against the state directory. */
export interface ClientConfig {
  /** HOST:PORT of the rounds service. */
  readonly coordinator: string;
  /** @default 'info' */
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Where text indexes are kept; several clients on one machine may share it. @default cache/ in the state directory */
  readonly cache: string;
  /** Cores that training a tower may keep busy at once. @default all of the machine's */
  readonly threads: number;
  /** Undefined until the operator has written the `[data]` table. */
  readonly data: DataConfig | undefined;
}

/**
 * Reads `client.toml`.
 * @throws GuildhallError CLIENT_CONFIG_MALFORMED naming file, field, and line where there is one
 */
export function readConfig(paths: StatePaths): ClientConfig {
  const text = readIfPresent(paths.config)?.toString('utf8');
  if (text === undefined) {
    throw new GuildhallError('CLIENT_CONFIG_MALFORMED', `${paths.config} is missing.`, {
      details: { file: paths.config },
    });
  }
  const fields = readToml(text, paths.config, schema, 'CLIENT_CONFIG_MALFORMED');
  const at = (path: string): string => resolve(paths.root, path);
  return {
    coordinator: fields.coordinator,
    logLevel: fields.log_level,
    cache: fields.cache === undefined ? paths.cache : at(fields.cache),
    threads: fields.threads ?? availableParallelism(),
    data:
      fields.data === undefined
        ? undefined
        : {
            items: at(fields.data.items),
            events: at(fields.data.events),
            columns: { items: present(fields.data.columns.items), events: present(fields.data.columns.events) },
          },
  };
}

/**
 * The data files that a client needs to take part.
 * @throws GuildhallError CLIENT_CONFIG_MALFORMED when client.toml has no `[data]` table
 */
export function requireData(config: ClientConfig, paths: StatePaths): DataConfig {
  if (config.data !== undefined) return config.data;
  throw new GuildhallError('CLIENT_CONFIG_MALFORMED', `${paths.config}: the [data] table is missing.`, {
    details: { file: paths.config, field: 'data' },
  });
}

/**
 * Reads `policy.toml`; an absent file means the defaults.
 * @throws GuildhallError POLICY_MALFORMED naming file, field, and line where there is one
 */
export function readPolicy(file: string): Policy {
  const text = readIfPresent(file)?.toString('utf8') ?? '';
  const fields = parseToml(text, file, 'POLICY_MALFORMED');
  try {
    return parsePolicy(fields);
  } catch (error) {
    if (!(error instanceof GuildhallError)) throw error;
    const line = firstNamedLine(error.message, text);
    const where = line === undefined ? file : `${file}:${line}`;
    throw new GuildhallError(error.code, `${where}: ${error.message}`, {
      details: { ...error.details, file, ...(line === undefined ? {} : { line }) },
      cause: error,
    });
  }
}

/** The line of the first field that the message names and the file sets. */
function firstNamedLine(message: string, text: string): number | undefined {
  for (const [name] of message.matchAll(/[a-z_]+/g)) {
    const line = lineOf(text, [name]);
    if (line !== undefined) return line;
  }
  return undefined;
}

function present<Key extends string>(
  fields: Readonly<Partial<Record<Key, string | undefined>>>,
): Partial<Record<Key, string>> {
  const entries = Object.entries(fields).filter((pair): pair is [Key, string] => pair[1] !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Key, string>>;
}

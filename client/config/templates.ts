import { stringify } from 'smol-toml';

/** What a fresh `client.toml` starts from. */
export interface ConfigDraft {
  /** HOST:PORT of the rounds service. */
  readonly coordinator: string;
  /** Paths of the data files; undefined leaves an example in a comment. */
  readonly items?: string | undefined;
  readonly events?: string | undefined;
}

const DATA_EXAMPLE = `
# Where the shop's data is. CSV, also gzipped; paths start at this directory.
# [data]
# items = "items.csv.gz"       # item_id, title, brand, category
# events = "events.csv.gz"     # user_id, item_id, position
`;

/** The text of a new `client.toml`. */
export function configTemplate({ coordinator, items, events }: ConfigDraft): string {
  const head = `# The client's settings; docs/client.md describes them.\n${stringify({ coordinator, log_level: 'info' })}`;
  if (items === undefined || events === undefined) return head + DATA_EXAMPLE;
  return `${head}\n${stringify({ data: { items, events } })}`;
}

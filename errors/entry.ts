/** Exit codes of the `guildhall` command, by the kind of what went wrong. Documented in docs/errors.md. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  data: 3,
  configuration: 4,
  identity: 5,
  network: 6,
  privacy: 7,
  protocol: 8,
  storage: 9,
} as const;

/** One condition of the registry. */
export interface ErrorEntry {
  /** What a person can do about it, in one or two sentences. */
  readonly help: string;
  /** Whether doing the same again, unchanged, can succeed. */
  readonly retryable: boolean;
  /** The exit code of a command that ends with it, one of {@link EXIT}. */
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
}

/** Where a command writes: results to `stdout`, everything else to `stderr`. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by the first SIGINT or SIGTERM: commands finish or park what they do, and end. */
  readonly signal: AbortSignal;
}

/** The part of a writable stream that the command line needs. */
export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Where a command writes: results to `stdout`, everything else to `stderr`. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by the first SIGINT or SIGTERM: commands finish or park what they do, and end. */
  readonly signal: AbortSignal;
  /** Sets the exit code of a command that printed its result and still did not succeed. */
  readonly setExitCode: (code: number) => void;
}

/** The part of a writable stream that the command line needs. */
export interface OutputStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

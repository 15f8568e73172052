import { CommanderError } from 'commander';
import { ERRORS, EXIT, GuildhallError } from '../errors/index.js';
import type { ErrorCode } from '../errors/index.js';

/** Exit code of a command that a signal ended before its result: 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

/** What a command that failed says on stderr, and the exit code it ends with. */
export interface ErrorReport {
  /** Ends in a newline; empty where nothing is to be said. */
  readonly text: string;
  readonly exit: number;
}

/**
 * The one place that turns what was thrown into a sentence and an exit code: the registry's for a
 * {@link GuildhallError}, USAGE for what the option parser refuses, INTERNAL with the stack for all else.
 */
export function reportError(error: unknown, form: 'text' | 'json'): ErrorReport {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { text: '', exit: EXIT.ok };
    // Help that was printed because a command is missing, not because somebody asked for it.
    if (error.code === 'commander.help') return render({ code: 'USAGE', message: 'A command is missing.' }, form);
    return render({ code: 'USAGE', message: sentence(error.message.replace(/^error: /, '')) }, form);
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { text: form === 'json' ? '' : 'guildhall: interrupted.\n', exit: EXIT_INTERRUPTED };
  }
  if (error instanceof GuildhallError) {
    const { file, line } = error.details;
    const place = file === undefined ? undefined : line === undefined ? file : `${file}:${line}`;
    return render({ code: error.code, message: error.message, ...(place === undefined ? {} : { place }) }, form);
  }
  const stack = error instanceof Error ? error.stack : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return render({ code: 'INTERNAL', message, ...(stack === undefined ? {} : { stack }) }, form);
}

interface Facts {
  readonly code: ErrorCode;
  readonly message: string;
  /** FILE or FILE:LINE. */
  readonly place?: string;
  readonly stack?: string;
}

function render({ code, message, place, stack }: Facts, form: 'text' | 'json'): ErrorReport {
  const { help, retryable, exit } = ERRORS[code];
  if (form === 'json') {
    const error = { code, message, ...(place === undefined ? {} : { place }), help, retryable };
    return { text: `${JSON.stringify({ error })}\n`, exit };
  }
  const lines = [`guildhall: ${code}: ${message}`];
  if (place !== undefined && !message.includes(place)) lines.push(`  at ${place}`);
  if (stack !== undefined) lines.push(stack.replace(/^/gm, '  '));
  lines.push(`  ${help}`);
  return { text: `${lines.join('\n')}\n`, exit };
}

function sentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1).replace(/\n/g, ' ');
  return /[.!?)]$/.test(first) ? first : `${first}.`;
}

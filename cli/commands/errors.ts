import { Option } from 'commander';
import type { Command } from 'commander';
import { ERRORS } from '../../errors/index.js';
import type { ErrorEntry } from '../../errors/index.js';
import { addCommand } from '../invocation.js';
import type { Io } from '../io.js';
import { errorsDocument } from '../errors-document.js';
import { renderTable } from '../table.js';

interface ErrorsOptions {
  readonly markdown?: true;
}

/** `guildhall errors`: the registry of error codes, as a table, as JSON, or as docs/errors.md. */
export function addErrorsCommand(program: Command, io: Io): void {
  addCommand<ErrorsOptions>(program, io, {
    usage: 'errors',
    description: 'Print every error code, its exit code, whether retrying can help, and what to do.',
    options: [new Option('--markdown', 'print docs/errors.md')],
    run({ result }, options) {
      const entries: readonly [string, ErrorEntry][] = Object.entries(ERRORS);
      result(
        entries.map(([code, { exit, retryable, help }]) => ({ code, exit, retryable, help })),
        () =>
          options.markdown === true
            ? errorsDocument()
            : renderTable(
                [
                  { heading: 'code' },
                  { heading: 'exit', align: 'right' },
                  { heading: 'retry' },
                  { heading: 'what to do' },
                ],
                entries.map(([code, entry]) => [code, String(entry.exit), entry.retryable ? 'yes' : 'no', entry.help]),
              ),
      );
    },
  });
}

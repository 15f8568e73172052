import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import type { CsvError } from 'csv-parse';
import { GuildhallError } from '../../errors/index.js';
import { plainBytes } from './bytes.js';
import type { ByteSource } from './bytes.js';
import { RowTally } from './report.js';
import type { FileReport } from './report.js';
import { utf8Lines } from './utf8.js';

/** Finds the fields of a file by name. */
export interface Header {
  readonly file: string;
  readonly columns: readonly string[];
  /** Position of a column, or undefined where the file lacks it. */
  find(column: string): number | undefined;
  /** @throws GuildhallError DATA_COLUMN_MISSING */
  require(column: string): number;
}

/** Takes one row; returns why it cannot be used, or nothing. */
export type RowReader = (fields: readonly string[], line: number) => string | undefined;

/** Errors of the CSV reader after which the rest of the file would be swallowed or guessed at. */
const FATAL: ReadonlySet<string> = new Set(['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE']);

/**
 * Streams a CSV file (RFC 4180, UTF-8, plain or gzipped, header in line 1) through a row reader. Rows that the CSV
 * grammar or the reader refuses are counted and the first few kept with their line numbers.
 *
 * @param open is given the header once, and returns the reader of the rows
 * @throws GuildhallError DATA_EMPTY, DATA_COLUMN_MISSING, DATA_NOT_UTF8, DATA_COMPRESSION_BROKEN, DATA_MALFORMED, or
 *   DATA_NOTHING_USABLE when no row was used
 */
export async function readTable(source: ByteSource, open: (header: Header) => RowReader): Promise<FileReport> {
  const tally = new RowTally(source.name);
  let header: Header | undefined;
  let read: RowReader | undefined;
  const takeRow = (fields: readonly string[], line: number): null => {
    if (header === undefined || read === undefined) {
      header = headerOf(source.name, fields);
      read = open(header);
    } else if (fields.length !== header.columns.length) {
      tally.refuse('wrong number of fields', line, `${fields.length} instead of ${header.columns.length}`);
    } else {
      const refusal = read(fields, line);
      if (refusal === undefined) tally.use();
      else tally.refuse(refusal, line);
    }
    return null;
  };
  const parser = parse({
    relax_column_count: true,
    // An inch sign in a title must not cost the row.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_record: (fields: string[], { lines }) => takeRow(fields, lines),
    on_skip: (error) => {
      if (error !== undefined) refuseRecord(tally, source.name, error);
      return undefined;
    },
  });
  parser.resume();
  await pipeline(Readable.from(utf8Lines(plainBytes(source), source.name)), parser);
  if (header === undefined) throw emptyFile(source.name, 'is empty');
  return finished(tally);
}

function refuseRecord(tally: RowTally, file: string, error: CsvError): void {
  const line = typeof error.lines === 'number' ? error.lines : 0;
  if (FATAL.has(error.code)) {
    throw new GuildhallError('DATA_MALFORMED', `${file} cannot be read to its end: ${error.message}.`, {
      details: { file, line },
      cause: error,
    });
  }
  tally.refuse('not CSV', line, error.message);
}

function finished(tally: RowTally): FileReport {
  const report = tally.report();
  if (report.rows === 0) throw emptyFile(report.file, 'has a header but no rows');
  if (report.used === 0) {
    const [first] = report.examples;
    const because = first === undefined ? '' : `; line ${first.line}: ${first.reason}`;
    throw new GuildhallError(
      'DATA_NOTHING_USABLE',
      `None of the ${report.rows} rows of ${report.file} can be used${because}.`,
      {
        details: { file: report.file, ...(first === undefined ? {} : { line: first.line }) },
      },
    );
  }
  return report;
}

function emptyFile(file: string, how: string): GuildhallError {
  return new GuildhallError('DATA_EMPTY', `${file} ${how}.`, { details: { file } });
}

function headerOf(file: string, fields: readonly string[]): Header {
  const columns = fields.map((field) => field.trim());
  const find = (column: string) => {
    const at = columns.indexOf(column);
    return at === -1 ? undefined : at;
  };
  return {
    file,
    columns,
    find,
    require(column) {
      const at = find(column);
      if (at === undefined) throw missingColumn(this, [column]);
      return at;
    },
  };
}

const OTHER_DIVIDERS = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'vertical bars'],
] as const;

/** The error for a file that has none of some interchangeable columns. */
export function missingColumn(header: Header, wanted: readonly string[]): GuildhallError {
  const names = wanted.map((column) => `"${column}"`).join(' or ');
  const present = header.columns.join(', ');
  const divided = header.columns.length > 1 ? undefined : OTHER_DIVIDERS.find(([sign]) => present.includes(sign));
  const there =
    divided === undefined
      ? `the columns are ${present}`
      : `the line seems to be divided by ${divided[1]}, and commas are needed`;
  return new GuildhallError('DATA_COLUMN_MISSING', `${header.file}, line 1: there is no column ${names}; ${there}.`, {
    details: { file: header.file, line: 1, column: wanted.join(' or '), present },
  });
}

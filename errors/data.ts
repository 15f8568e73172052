import { EXIT } from './entry.js';
import type { ErrorEntry } from './entry.js';

/** Catalogues, events and models (recommender/). */
export const DATA_ERRORS = {
  DATA_COLUMN_MISSING: {
    help: 'Add the column to the file. A merchant can also map another one to it in client.toml, under [data.columns].',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_EMPTY: {
    help: 'The file has no rows to read. Check that the export finished and that the path is the right one.',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_NOT_UTF8: {
    help: 'Export the file again as UTF-8, or convert it, for example with iconv -f WINDOWS-1252 -t UTF-8 (or -f UTF-16).',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_COMPRESSION_BROKEN: {
    help: 'The gzip stream is damaged or cut short. Copy or compress the file again.',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_MALFORMED: {
    help: 'The file is not CSV as RFC 4180 describes it. Look at the line named above: a quote is probably never closed.',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_NOTHING_USABLE: {
    help: 'Every row was refused; the first reasons are listed above. Check the column mapping and that items and events belong together.',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_NOBODY_TO_RANK: {
    help: 'Leave-one-out needs shoppers with at least four events. Export a longer time; such data can still be ranked with: guildhall client recommend.',
    retryable: false,
    exit: EXIT.data,
  },
  DATA_UNKNOWN_ID: {
    help: 'Use an id as it stands in the data files; guildhall client check says how they were read.',
    retryable: false,
    exit: EXIT.data,
  },
  MODEL_TOO_LARGE: {
    help: 'Leave this model out for a catalogue of this size; the others have no such limit.',
    retryable: false,
    exit: EXIT.data,
  },
  MODEL_NONE_RELEASED: {
    help: 'Wait until a job of this kind has ended a round and the client has downloaded its model; the log of guildhall client run says when it has.',
    retryable: true,
    exit: EXIT.data,
  },
  MODEL_FILE_DAMAGED: {
    help: 'The file is no compressed model, or was cut short or changed. Make it again: guildhall client compress.',
    retryable: false,
    exit: EXIT.data,
  },
  MODEL_FILE_UNSUPPORTED: {
    help: 'Another version of guildhall wrote the file. Make it again with this one: guildhall client compress.',
    retryable: false,
    exit: EXIT.data,
  },
  ENGINE_UNAVAILABLE: {
    help: 'Install guildhall again with npm ci; its engine is a part of the package and needs no other software.',
    retryable: false,
    exit: EXIT.internal,
  },
} as const satisfies Record<string, ErrorEntry>;

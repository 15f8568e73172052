import type { ByteSource } from './bytes.js';
import type { FileReport } from './report.js';
import { readTable } from './table.js';

/** A question and its answer, as a merchant's customer service has them. */
export interface AnswerRow {
  readonly question: string;
  readonly answer: string;
}

/** The pairs of an answers file. */
export interface ReadAnswers {
  readonly pairs: readonly AnswerRow[];
  readonly report: FileReport;
}

/**
 * Reads question–answer pairs from the columns `question` and `answer`. Rows that lack either are refused.
 *
 * @throws GuildhallError as `readTable`
 */
export async function readAnswers(source: ByteSource): Promise<ReadAnswers> {
  const pairs: AnswerRow[] = [];
  const report = await readTable(source, (header) => {
    const question = header.require('question');
    const answer = header.require('answer');
    return (fields) => {
      const pair = { question: (fields[question] ?? '').trim(), answer: (fields[answer] ?? '').trim() };
      if (pair.question === '' || pair.answer === '') return 'no question or no answer';
      pairs.push(pair);
      return undefined;
    };
  });
  return { pairs, report };
}

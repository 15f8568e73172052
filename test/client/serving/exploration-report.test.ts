import { appendFileSync, mkdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { reportExploration, statePaths } from '../../../client/index.js';
import { exploredFeedback } from '../../../client/serving/exploration-report.js';
import { appendImpression, readImpressions } from '../../../client/serving/impressions.js';
import type { Impression } from '../../../client/serving/impressions.js';
import type { ByteSource } from '../../../recommender/index.js';
import { rejectionOf, temporaryDirectory } from '../workspace.js';

const impression = (request: string, item: string, propensity: number): Impression => ({
  version: 1,
  request,
  time: '2026-03-01T12:00:00.000Z',
  shopper: null,
  places: [
    { place: 1, item: 'a', ranked: 'a', explored: false, propensity: 1 },
    { place: 2, item, ranked: 'b', explored: true, propensity },
  ],
});

function csv(...rows: readonly string[]): ByteSource {
  const text = `request_id,item_id\n${rows.map((row) => `${row}\n`).join('')}`;
  return { name: 'clicks.csv', bytes: Readable.from([Buffer.from(text)]) };
}

describe('the report on exploration', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  let dir: string;
  let log: string;
  beforeEach(() => {
    workspace = temporaryDirectory();
    dir = workspace.path;
    mkdirSync(dir, { recursive: true });
    log = statePaths(dir).impressions;
  });
  afterEach(() => workspace.remove());

  it('weighs clicks by the logged propensities, and counts what the log does not have', async () => {
    for (const [request, item] of [
      ['r1', 'b'],
      ['r2', 'c'],
      ['r3', 'c'],
      ['r4', 'b'],
    ] as const) {
      appendImpression(log, impression(request, item, item === 'b' ? 0.25 : 0.75));
    }
    const clicks = csv('r1,b', 'r1,b', 'r2,c', 'r2,a', 'r9,b', 'r3,zzz');
    const { estimate, exploredPlaces, clicks: counted } = await reportExploration({ dir, clicks });
    expect(exploredPlaces).to.equal(4);
    expect(counted).to.deep.equal({ explored: 2, ranked: 1, unknown: 3 });
    expect(estimate.served.mean).to.equal(0.5);
    expect(estimate.judged.mean, '1 / .25 over four requests').to.equal(1);
  });

  it('goes on after a line that a crash cut short, and says which it was', async () => {
    appendImpression(log, impression('r1', 'b', 0.5));
    appendFileSync(log, '{"version":1,"requ');
    appendImpression(log, impression('r2', 'c', 0.5));
    const { impressions, damaged } = readImpressions(log);
    expect(impressions.map(({ request }) => request)).to.deep.equal(['r1', 'r2']);
    expect(damaged).to.deep.equal([2]);
    expect((await reportExploration({ dir, clicks: csv() })).damagedLines).to.deep.equal([2]);
  });

  it('takes a clicks file without rows for no clicks, and refuses a log that is too short', async () => {
    appendImpression(log, impression('r1', 'b', 0.5));
    expect(await rejectionOf(reportExploration({ dir, clicks: csv() }))).to.include({ code: 'SERVING_LOG_TOO_SHORT' });
    appendImpression(log, impression('r2', 'b', 0.5));
    expect((await reportExploration({ dir, clicks: csv() })).estimate.served.mean).to.equal(0);
  });

  it('learns from explored places only', () => {
    const clicks = new Map([['r1', new Set(['a', 'b'])]]);
    const feedback = exploredFeedback([impression('r1', 'b', 0.5), impression('r2', 'b', 0.5)], clicks);
    expect(Object.fromEntries(feedback)).to.deep.equal({ b: { shown: 2, taken: 1 } });
  });
});

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { pino } from 'pino';
import type { ClientEvent } from '../../client/index.js';
import { ModelStore } from '../../client/models.js';
import { Releases } from '../../client/releases.js';
import type { LocalEvaluation } from '../../client/index.js';
import { JobState } from '../../proto/index.js';
import type { ModelEvent } from '../../proto/index.js';
import { temporaryDirectory } from './workspace.js';

const DONE = { state: JobState.JOB_STATE_DONE, code: '' };

function model(job: string, version = 0): ModelEvent {
  const text = `${job}/${version}`;
  return { job, version, sha256: createHash('sha256').update(text).digest(), size: text.length };
}

describe('what a client does about releases', () => {
  let workspace: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    workspace = temporaryDirectory();
  });
  afterEach(() => workspace.remove());

  /** Releases of a coordinator that has every model, whose downloads may be held back. */
  function scene() {
    const [texts, told] = [new Map<string, string>(), [] as string[]];
    const figures = { atOnce: 0, most: 0, downloads: 0, evaluations: 0 };
    const stop = new AbortController();
    const models = new ModelStore(workspace.path);
    const gate = { open: Promise.resolve() };
    const releases = new Releases({
      api: {
        async *downloadModel(sha256) {
          figures.downloads += 1;
          figures.most = Math.max(figures.most, ++figures.atOnce);
          await gate.open;
          figures.atOnce -= 1;
          yield Buffer.from(texts.get(Buffer.from(sha256).toString('hex')) ?? 'other bytes');
        },
      },
      models,
      trainer: {
        evaluate: async (serialised) => {
          figures.evaluations += 1;
          told.push(`evaluating ${serialised.length}`);
          await gate.open;
          return {} as LocalEvaluation;
        },
      },
      evaluate: 'after-jobs',
      signal: stop.signal,
      logger: pino({ level: 'silent' }),
      onEvent: (event: ClientEvent) => {
        if (event.kind === 'model') told.push(`${event.job}/${event.version}`);
        if (event.kind === 'evaluated') told.push(`evaluated ${event.job}`);
      },
    });
    const announce = (event: ModelEvent): void => {
      texts.set(event.sha256.toString('hex'), `${event.job}/${event.version}`);
      releases.onModel(event);
    };
    return { releases, announce, told, figures, gate, models, stop };
  }

  it('downloads one model at a time, of each job the newest, of 10,000 jobs those announced last', async () => {
    const { releases, announce, figures, gate, models } = scene();
    let open: () => void = () => undefined;
    gate.open = new Promise((resolve) => (open = resolve));
    for (let job = 0; job < 10_000; job += 1) announce(model(`job ${job}`));
    for (let version = 1; version < 1000; version += 1) announce(model('job 9999', version));
    open();
    await releases.settled();
    expect(figures).to.include({ most: 1, downloads: 33 });
    expect(models.newest()).to.have.length(32);
    expect(models.newest().at(-1)).to.include({ job: 'job 9999', version: 999 });
  });

  it('evaluates after the models announced before, once for jobs that end together', async () => {
    const { releases, announce, told } = scene();
    announce(model('a'));
    for (let i = 0; i < 1000; i += 1) releases.onJob({ job: `other ${i}`, ...DONE });
    announce(model('b'));
    releases.onJob({ job: 'b', ...DONE });
    await releases.settled();
    expect(told).to.deep.equal(['a/0', 'b/0', 'evaluating 2', 'evaluated b']);
  });

  it('goes on after a download that failed, and begins nothing once it is stopped', async () => {
    const { releases, announce, told, figures, stop } = scene();
    releases.onModel({ ...model('a'), sha256: Buffer.alloc(32) });
    announce(model('b'));
    await releases.settled();
    expect(told).to.deep.equal(['b/0']);
    stop.abort();
    announce(model('c'));
    await releases.settled();
    expect(figures.downloads).to.equal(2);
  });
});

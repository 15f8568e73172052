import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { GuildhallError } from '../../../errors/index.js';
import { ProcessGroup } from '../../../simulations/demo/processes.js';
import type { PrintedEvent } from '../../../simulations/demo/processes.js';

/** A stand-in for the guildhall command: does what its first argument says. */
const SCRIPT = `
const [what] = process.argv.slice(1);
if (what === 'result') console.log(JSON.stringify({ answer: 42 }));
if (what === 'fail') { console.error(JSON.stringify({ error: { code: 'DATA_EMPTY', message: 'nothing in it' } })); process.exit(3); }
if (what === 'crash') { console.error('boom'); process.exit(7); }
if (what === 'serve') { console.log(JSON.stringify({ event: 'ready', pid: process.pid })); setInterval(() => {}, 1000); }
if (what === 'stubborn') { process.on('SIGTERM', () => {}); console.log(JSON.stringify({ event: 'ready' })); setInterval(() => {}, 1000); }
`;

const never = new AbortController().signal;

async function codeOf(promise: Promise<unknown>): Promise<GuildhallError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GuildhallError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

const isReady = ({ event }: PrintedEvent): boolean => event === 'ready';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the processes of a simulation', () => {
  let logs: string;
  let group: ProcessGroup;

  beforeEach(() => {
    logs = mkdtempSync(join(tmpdir(), 'guildhall-'));
    group = new ProcessGroup([process.execPath, '-e', SCRIPT, '--'], logs);
  });

  afterEach(async () => {
    await group.stop();
    rmSync(logs, { recursive: true });
  });

  it('give the result of a command that ends', async () => {
    expect(await group.run('one', ['result'], never)).to.deep.equal({ answer: 42 });
  });

  it('pass on the error of a command that fails, with its code and the name of the process', async () => {
    const error = await codeOf(group.run('one', ['fail'], never));
    expect(error.code).to.equal('DATA_EMPTY');
    expect(error.message).to.equal('one: nothing in it');
  });

  it('report a command that dies without an error of ours, with its last words', async () => {
    const error = await codeOf(group.run('one', ['crash'], never));
    expect(error.code).to.equal('PROCESS_FAILED');
    expect(error.message).to.contain('7').and.to.contain('boom');
  });

  it('notice when a process that should go on ends by itself', async () => {
    const process = group.start('server', ['crash']);
    expect((await codeOf(process.failure)).code).to.equal('PROCESS_FAILED');
    expect((await codeOf(process.event(isReady))).code).to.equal('PROCESS_FAILED');
  });

  it('can be killed without that counting as a failure', async () => {
    const process = group.start('server', ['serve']);
    await process.event(isReady);
    await process.kill();
    expect(isAlive(process.pid)).to.equal(false);
    const outcome = await Promise.race([process.failure, Promise.resolve('no failure')]);
    expect(outcome).to.equal('no failure');
  });

  it('all end when the group stops', async () => {
    const processes = [group.start('a', ['serve']), group.start('b', ['serve'])];
    await Promise.all(processes.map((process) => process.event(isReady)));
    await group.stop();
    expect(processes.map(({ pid }) => isAlive(pid))).to.deep.equal([false, false]);
  });

  it('are killed when they do not end by themselves in time', async () => {
    group = new ProcessGroup([process.execPath, '-e', SCRIPT, '--'], logs, { graceMs: 1 });
    const process_ = group.start('stubborn', ['stubborn']);
    await process_.event(isReady);
    await group.stop();
    expect(isAlive(process_.pid)).to.equal(false);
  });

  it('end a command when the simulation is interrupted', async () => {
    const controller = new AbortController();
    const running = group.run('one', ['serve'], controller.signal);
    controller.abort();
    const error: unknown = await running.catch((thrown: unknown) => thrown);
    expect(error).to.have.property('name', 'AbortError');
  });

  it('leave what they wrote in a log each', async () => {
    await group.run('one', ['result'], never);
    await group.stop();
    expect(readFileSync(join(logs, 'one.log'), 'utf8')).to.contain('42');
  });
});

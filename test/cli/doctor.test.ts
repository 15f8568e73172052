import { expect } from 'chai';
import { adviceFor } from '../../cli/commands/doctor.js';
import { nvidiaGpus } from '../../cli/gpu.js';
import { ENGINE_NAMES, startEngine } from '../../recommender/index.js';
import { runCli } from './run-cli.js';

interface DoctorJson {
  readonly engine: { readonly name: string; readonly attempts: readonly { name: string; outcome: string }[] };
  readonly training: null | { readonly passed: boolean; readonly tolerance: number; readonly errors: object };
}

describe('guildhall doctor', () => {
  after(() => startEngine());

  it('names the engine, and every better one with the reason why it is not that', async () => {
    const { exit, stdout } = await runCli(['doctor', '--json']);
    expect(exit).to.equal(0);
    const { engine, training } = JSON.parse(stdout) as DoctorJson;
    expect(ENGINE_NAMES).to.include(engine.name);
    expect(engine.attempts.map(({ outcome }) => outcome).indexOf('chosen')).to.equal(engine.attempts.length - 1);
    expect(training).to.equal(null);
  });

  it('trains a few steps of the default model and compares them with the reference engine', async () => {
    const { exit, stdout } = await runCli(['doctor', '--train', '--json']);
    expect(exit).to.equal(0);
    const { training } = JSON.parse(stdout) as DoctorJson;
    expect(training).to.include({ passed: true });
    const errors = Object.values(training?.errors ?? {}) as number[];
    expect(errors.length).to.equal(5);
    for (const error of errors) expect(error).to.be.below(training?.tolerance ?? 0);
  });

  it('reads the names of GPUs from the driver’s tool, and sees none where there is no driver', async () => {
    const listed = 'GPU 0: NVIDIA A10G (UUID: GPU-0c1d)\nGPU 1: NVIDIA A10G (UUID: GPU-2e3f)\n';
    expect(await nvidiaGpus(async () => listed)).to.deep.equal(['NVIDIA A10G', 'NVIDIA A10G']);
    expect(await nvidiaGpus(() => Promise.reject(new Error('ENOENT')))).to.deep.equal([]);
  });

  it('gives the one command that installs the GPU’s engine, only where there is a GPU that is not used', () => {
    expect(adviceFor('wasm', ['NVIDIA A10G'], 'one core')).to.include('npm install @tensorflow/tfjs-node-gpu@4.22.0');
    expect(adviceFor('wasm', [], 'one core')).to.equal(null);
    expect(adviceFor('tfjs-node-gpu', ['NVIDIA A10G'], 'an NVIDIA GPU, by TensorFlow 2.15.1')).to.equal(null);
    expect(adviceFor('tfjs-node-gpu', ['NVIDIA A10G'], 'the processor')).to.include('CUDA');
  });
});

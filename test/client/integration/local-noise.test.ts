import { expect } from 'chai';
import { previewContract, reportBudget, verifyClientLedger } from '../../../client/index.js';
import { ModelStore } from '../../../client/models.js';
import { statePaths } from '../../../client/state/directory.js';
import { compileTerms, decodeModel, expectKind, localNoise } from '../../../federation/index.js';
import type { PlannedJob } from '../../../federation/index.js';
import { epsilonOf } from '../../../privacy/index.js';
import type { MechanismEvent } from '../../../privacy/index.js';
import { temporaryDirectory } from '../workspace.js';
import { jobEnded, TestFederation } from './federation.js';

const NAMES = ['north', 'south', 'east', 'west'];

/** So many rounds of a job's local steps, as an accountant sees them. */
function localStep(job: PlannedJob | undefined, rounds: number): MechanismEvent {
  if (job === undefined) throw new TypeError('the plan is empty');
  const terms = compileTerms({ ...job.template, federation: 'f', round: 1, step: 1, modelSha256: Buffer.alloc(32) });
  const { mechanism, dimension } = terms;
  if (mechanism.kind !== 'local') throw new TypeError('the noise is local');
  const { sensitivity } = localNoise(mechanism, dimension);
  const { noiseMultiplier, samplingRate, localSteps } = mechanism;
  const deviation = noiseMultiplier * sensitivity;
  return { kind: 'discreteGaussian', deviation, sensitivity, samplingRate, steps: rounds * localSteps };
}

describe('clients that add all noise themselves', function () {
  this.timeout(60_000);

  it('carry a job of local training through, and pay for every local step', async () => {
    const workspace = temporaryDirectory();
    const federation = await TestFederation.start(workspace.path);
    try {
      await federation.enrol(NAMES);
      for (const name of NAMES) federation.setPolicy(name, 'noise_strategies = ["local"]');
      const clients = NAMES.map((name) => federation.run(name));
      const [job] = await federation.submit(['mlp'], { merchants: 4, epsilon: 4, noiseStrategy: 'local' });
      const steps = job?.template.steps ?? 0;
      const ends = await Promise.all(clients.map((client) => client.until(jobEnded)));
      expect(ends.every((event) => event.kind === 'job-ended' && event.state === 'done')).to.equal(true);
      await Promise.all(
        clients.map((client) => client.until((event) => event.kind === 'model' && event.version === steps)),
      );
      await Promise.all(clients.map((client) => client.stop()));
      const dir = federation.dir('north');
      const { total, jobs } = reportBudget({ dir });
      // A round that a slow machine makes fail after the upload is paid for again.
      const rounds = jobs[0]?.releases ?? 0;
      expect(rounds).to.be.at.least(steps);
      expect(total.epsilon).to.be.closeTo(epsilonOf([localStep(job, rounds)], 1e-6), 1e-9);
      const preview = previewContract({ dir });
      expect([preview.mechanism, preview.leastNoise]).to.deep.equal(['local', undefined]);
      expect(preview.ownNoise).to.be.above(preview.bound);
      expect(verifyClientLedger({ dir }).records).to.be.above(2 * steps);
      const [model] = new ModelStore(statePaths(dir).models).newestBytes().map(decodeModel);
      if (model === undefined) throw new TypeError('a model was released');
      expect(expectKind(model, 'mlpReranker').server?.steps).to.equal(steps);
    } finally {
      await federation.close();
      workspace.remove();
    }
  });
});

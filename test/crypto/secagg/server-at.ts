import { SERVER_STEPS, SecAggServer } from '../../../crypto/index.js';
import type { Envelope, ServerStep } from '../../../crypto/index.js';
import type { Setting, Stored } from './setting.js';

/** A server brought to the opening of a step by the messages of a round that went well. */
export function serverAt(step: ServerStep, round: Setting, stored: readonly Stored[]): SecAggServer {
  const server = SecAggServer.create(round);
  const close: Record<ServerStep, () => unknown> = {
    advertise: () => server.closeAdvertising(),
    open: () => server.closeOpening(),
    share: () => server.closeSharing(),
    input: () => server.closeCollecting(),
    agree: () => server.closeAgreeing(),
    unmask: () => server.closeUnmasking(),
  };
  for (const earlier of SERVER_STEPS.slice(0, SERVER_STEPS.indexOf(step))) {
    if (earlier === 'open' && server.step !== 'open') continue;
    for (const message of stored.filter((one) => one.step === earlier)) {
      server.accept(message.step, message.merchant, message.envelope);
    }
    close[earlier]();
  }
  return server;
}

/** What a merchant sent at a step. */
export function storedMessage(stored: readonly Stored[], step: ServerStep, merchant: string): Envelope {
  const found = stored.find((one) => one.step === step && one.merchant === merchant);
  if (found === undefined) throw new Error(`no ${step} of ${merchant}`);
  return found.envelope;
}

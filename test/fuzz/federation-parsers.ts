import { exportLines, verifyExport } from '../../client/ledger/export.js';
import { keptReceiptOf } from '../../client/ledger/kept-receipt.js';
import { formatInvite, parseInvite } from '../../client/invite.js';
import { CertificateAuthority, verifyCertificateRequest } from '../../coordinator/ca/index.js';
import { sumVectors } from '../../coordinator/rounds/summing.js';
import { SigningKey, packWords, signEnvelope, streamRandom } from '../../crypto/index.js';
import { MASKED_INPUT, sealMessage } from '../../crypto/secagg/messages.js';
import {
  CONTRACT_PAYLOAD_TYPE,
  compileTerms,
  countsSupportModel,
  decodeModel,
  decodeTower,
  encodeModel,
  openContract,
  openReceipt,
  planJobs,
  removeExcessNoise,
  signContract,
  signReceipt,
  supportOf,
  untrainedLinear,
  untrainedMlp,
  untrainedTowerModel,
} from '../../federation/index.js';
import { RECEIPT_PAYLOAD_TYPE } from '../../federation/receipt.js';
import { EMPTY_LEDGER, headAfter, nextRecord } from '../../privacy/index.js';
import type { JournalEntry, LedgerHead, LedgerRecord } from '../../privacy/index.js';
import type { Receipt } from '../../proto/index.js';
import { Envelope, NoiseStrategy } from '../../proto/index.js';
import { supportFromPairs, untrainedTower } from '../../recommender/index.js';
import { requestCertificate } from '../coordinator/support/enrolling.js';
import { newtonContract } from '../federation/contracts.js';
import { Undecodable, decoded } from './parser.js';
import type { Parser } from './parser.js';

const KEY = SigningKey.fromSeed(new Uint8Array(32).fill(5));

/** A signed payload and its envelope, each spoilt in its turn: the payload is signed again, so that it is read to the end. */
function signed(
  name: string,
  payloadType: string,
  envelopes: readonly Envelope[],
  open: (envelope: Envelope) => unknown,
): Parser[] {
  return [
    {
      name,
      good: envelopes.map(({ payload }) => payload),
      parse: (payload) => open(signEnvelope({ payloadType, payload, key: KEY })),
    },
    {
      name: `${name}’s envelope`,
      good: envelopes.map((envelope) => Envelope.encode(envelope).finish()),
      parse: (bytes) => open(decoded(Envelope, bytes)),
    },
  ];
}

function contractParsers(): Parser[] {
  const laplace = { $case: 'laplace', value: { l1Bound: 8, epsilonNumerator: 1, epsilonDenominator: 2 } } as const;
  const planned = planJobs({
    jobs: ['reranker', 'mlp'],
    privacy: { epsilon: 4, delta: 1e-6 },
    clipping: 'adaptive',
    noiseStrategy: 'removable',
    roster: { minimumMerchants: 8, colluders: 1, minimumSurvivors: 6, maximumMerchants: 16 },
    expectedShoppers: 1000,
    catalogues: [],
    deadlines: { advertiseMs: 1000, openMs: 1000, shareMs: 1000, inputMs: 1000, agreeMs: 1000, unmaskMs: 1000 },
  });
  const contracts = [
    newtonContract(),
    newtonContract({ ringBits: 20, privacy: { mechanism: laplace, delta: 0, shopperMultiplicity: 1 } }),
    ...planned.map(({ template }) => ({ ...newtonContract(), ...template, federation: 'market', round: 1, step: 1 })),
  ];
  const envelopes = contracts.map((contract) => signContract({ ...contract, modelSha256: Buffer.alloc(32, 1) }, KEY));
  return signed(
    'a contract',
    CONTRACT_PAYLOAD_TYPE,
    envelopes.map(({ envelope }) => envelope),
    (envelope) => openContract(envelope, KEY.publicKey),
  );
}

const RECEIPT: Receipt = {
  contractSha256: Buffer.alloc(32, 1),
  merchant: 'north',
  vectorSha256: Buffer.alloc(32, 2),
  ledgerHead: Buffer.alloc(32, 3),
};

function receiptParsers(): Parser[] {
  const expected = { contractKey: KEY.publicKey, merchant: RECEIPT.merchant };
  return signed('a receipt', RECEIPT_PAYLOAD_TYPE, [signReceipt(RECEIPT, KEY)], (envelope) =>
    openReceipt(envelope, expected),
  );
}

/** Models of every kind, read as far as a client reads them. */
function modelParser(): Parser {
  const shape = { features: 4, width: 4, blocks: 1, heads: 2, inner: 4, length: 4 };
  const tower = untrainedTower(shape, streamRandom(new Uint8Array(32).fill(6)));
  const support = supportFromPairs(3, Int32Array.of(0, 0, 1), Int32Array.of(1, 2, 2));
  const models = [
    untrainedLinear(0.5),
    untrainedMlp(0.5),
    countsSupportModel({ name: 'things', itemIds: ['a', 'b', 'c'], support }),
    untrainedTowerModel({ kind: 'full' }, tower),
  ];
  return {
    name: 'a model',
    good: models.map(encodeModel),
    parse: (bytes) => {
      const model = decodeModel(bytes);
      if (model.$case === 'tower') decodeTower(model.value);
      if (model.$case === 'neighbourCounts') supportOf(model.value);
    },
  };
}

/** Packed words of odd widths, as the coordinator adds them up. */
function vectorParsers(): Parser[] {
  return [20, 31].map((ringBits): Parser => {
    const dimension = 101;
    const words = Uint32Array.from({ length: dimension }, (_, index) => (index * 77_777) % 2 ** ringBits);
    const message = {
      transcript: Buffer.alloc(32),
      merchant: 'north',
      sharersHash: Buffer.alloc(32),
      vectorSha256: Buffer.alloc(32),
      dimension,
      ringBits,
    };
    const envelope = sealMessage(MASKED_INPUT, message, KEY);
    return {
      name: `a vector of ${ringBits} bits a word`,
      good: [packWords(words, ringBits)],
      parse: (bytes) => sumVectors([{ envelope, chunks: once(bytes) }], { dimension, ringBits }),
    };
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

/** What survivors attach to R4: keys of removable noise. */
function attachmentParser(): Parser {
  const [job] = planJobs({
    jobs: ['reranker'],
    privacy: { epsilon: 4, delta: 1e-6 },
    noiseStrategy: 'removable',
    roster: { minimumMerchants: 4, colluders: 1, minimumSurvivors: 3, maximumMerchants: 4 },
    expectedShoppers: 100,
    catalogues: [],
    deadlines: { advertiseMs: 1000, openMs: 1000, shareMs: 1000, inputMs: 1000, agreeMs: 1000, unmaskMs: 1000 },
  });
  if (job?.template.privacy?.noiseStrategy !== NoiseStrategy.NOISE_STRATEGY_REMOVABLE)
    throw new Error('removable noise');
  const terms = compileTerms({
    ...job.template,
    ...{ federation: 'market', round: 1, step: 1, modelSha256: Buffer.alloc(32, 1), issuedAtMs: 1 },
  });
  const survivors = ['east', 'north', 'south', 'west'];
  return {
    name: 'an attachment of R4',
    good: [Buffer.alloc(32, 7), Buffer.alloc(0)],
    parse: (bytes) => {
      const attachments = new Map([['north', bytes]]);
      const steps = removeExcessNoise(new Uint32Array(8), { terms, rosterSize: 4, survivors, attachments });
      let step = steps.next();
      while (step.done !== true) step = steps.next();
      // Whatever is no key leaves the noise in: no refusal, because the sum is as private with it.
      if (step.value === 0) throw new Undecodable();
    },
  };
}

const ENTRIES: readonly JournalEntry[] = [
  { kind: 'opened', salt: '5a'.repeat(32), at: 1 },
  { kind: 'joined', job: 'counts', round: 1, contractSha256: '01'.repeat(32), at: 2 },
  { kind: 'refused', job: 'counts', round: 2, contractSha256: '02'.repeat(32), code: 'POLICY_NOISE', at: 4 },
];

function exportParser(): Parser {
  const records: LedgerRecord[] = [];
  let head: LedgerHead = EMPTY_LEDGER;
  for (const entry of ENTRIES) {
    const record = nextRecord(head, entry);
    records.push(record);
    head = headAfter(record);
  }
  const opened = { ...RECEIPT, ledgerHead: Buffer.from(head.hash, 'hex') };
  const receipt = keptReceiptOf(signReceipt(opened, KEY), opened);
  const own = { merchant: 'north', federation: 'market', contractKey: KEY.publicKey };
  const text = [...exportLines({ ...own, records, head, receipt })].join('\n');
  return {
    name: 'a ledger’s export',
    good: [Buffer.from(text)],
    parse: (bytes) => verifyExport(Buffer.from(bytes).toString('utf8')),
  };
}

/** What merchants and platform exchange before the first round. */
async function joiningParsers(): Promise<Parser[]> {
  const authority = await CertificateAuthority.create({ federation: 'market', nowMs: Date.now() });
  const invite = formatInvite({
    federation: 'market',
    merchant: 'north',
    address: 'localhost:7443',
    enrolmentAddress: 'localhost:7444',
    token: new Uint8Array(32),
    expiresAtMs: 0,
    contractKey: KEY.publicKey,
    authority: authority.certificatePem,
  });
  const { request } = await requestCertificate('CN=north');
  return [
    {
      name: 'an invite',
      good: [Buffer.from(invite)],
      parse: (bytes) => parseInvite(Buffer.from(bytes).toString('utf8')),
    },
    { name: 'a certificate request', good: [request], parse: verifyCertificateRequest },
  ];
}

/** Contracts, receipts, models, vectors, attachments, exports, invites and certificate requests. */
export const FEDERATION_PARSERS: readonly Parser[] = [
  ...contractParsers(),
  ...receiptParsers(),
  modelParser(),
  ...vectorParsers(),
  attachmentParser(),
  exportParser(),
  ...(await joiningParsers()),
];

import { rmSync } from 'node:fs';

import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from 'pino';

import { SigningKey } from '../crypto/index.js';
import { errorCodeOf, GuildhallError } from '../errors/index.js';
import { applySum, decodeModel, encodeModel, requireCoherent, taskOf, warmStart } from '../federation/index.js';
import { AdminServiceService, EnrolmentServiceService, RoundsServiceService } from '../proto/index.js';
import { CertificateAuthority } from './ca/index.js';
import { CertificateWatch, requireStanding } from './certificates.js';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { readConfig } from './config.js';
import type { CoordinatorConfig, ListenAddress } from './config.js';
import { requireFile, writeFileAtomic } from './files.js';
import { statePaths } from './paths.js';
import type { StatePaths } from './paths.js';
import { Driver } from './rounds/driver.js';
import type { ApplySum } from './rounds/applying.js';
import type { StartFrom } from './rounds/opening.js';
import { Presence } from './rounds/presence.js';
import { adminService } from './service/admin.js';
import type { CheckJob } from './service/admin.js';
import { enrolmentService } from './service/enrolment.js';
import type { Gate } from './service/handlers.js';
import { LARGEST_ENROLMENT, LARGEST_MESSAGE, RateLimiter } from './service/limits.js';
import { Listener } from './service/listener.js';
import { Renewals } from './service/renewal.js';
import { roundsService } from './service/rounds.js';
import { UploadDesk } from './service/upload.js';
import { WatchHub } from './service/watch.js';
import { openStore } from './store/index.js';
import type { Store } from './store/index.js';

/** Calls at hand have so long to end when the coordinator stops. */
const CLOSE_GRACE_MS = 500;
const SERVICE_NAMES = ['', 'guildhall.v1.RoundsService', 'guildhall.v1.AdminService'];

/** What a coordinator is started with. */
export interface CoordinatorOptions {
  /** State directory, made by initCoordinator. */
  readonly dir: string;
  readonly logger: Logger;
  /** @default the machine's clock */
  readonly clock?: Clock;
  /** How a sum becomes the next model. @default federation's tasks */
  readonly applySum?: ApplySum;
  /** How a job takes over what another released. @default federation's warm start */
  readonly startFrom?: StartFrom;
  /** What a submitted job must satisfy beyond a well-formed contract. @default federation's tasks */
  readonly checkJob?: CheckJob;
  /** Called when this process must stop because another has taken over. @default logs only */
  readonly onFatal?: (error: unknown) => void;
}

/** A running coordinator. */
export interface Coordinator {
  /** Where merchants and administrators connect, host:port as invites say it. */
  readonly address: string;
  /** Where merchants join, host:port as invites say it. */
  readonly enrolmentAddress: string;
  /** Stops admitting, finishes the step at hand, parks the open round, and closes the store. */
  close(): Promise<void>;
}

/**
 * Starts a coordinator on its state directory and resumes what was open.
 * @throws GuildhallError STATE_DIRECTORY_INVALID, COORDINATOR_CONFIG_INVALID, CERTIFICATE_EXPIRED, STORAGE_UNAVAILABLE,
 * COORDINATOR_RUNNING, PORT_IN_USE, LISTEN_FAILED; nothing is left running then
 */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const paths = statePaths(options.dir);
  const config = readConfig(paths.config);
  const secrets = await readSecrets(paths);
  // By the machine's own clock, as TLS does.
  requireStanding(secrets.serverCertificate.toString(), systemClock.now());
  const store = await openStore(paths, options.clock ?? systemClock);
  const process = new CoordinatorProcess(options, { paths, config, secrets, store });
  try {
    await process.start();
  } catch (error) {
    await process.close();
    throw error;
  }
  return process;
}

interface Secrets {
  readonly authority: CertificateAuthority;
  readonly authorityPem: Buffer;
  readonly serverCertificate: Buffer;
  readonly serverKey: Buffer;
  readonly administratorCertificate: Buffer;
  readonly contractKey: SigningKey;
}

interface ProcessParts {
  readonly paths: StatePaths;
  readonly config: CoordinatorConfig;
  readonly secrets: Secrets;
  readonly store: Store;
}

class CoordinatorProcess implements Coordinator {
  readonly #parts: ProcessParts;
  readonly #logger: Logger;
  readonly #driver: Driver;
  readonly #hub: WatchHub;
  readonly #certificates: CertificateWatch;
  readonly #health = new HealthImplementation(Object.fromEntries(SERVICE_NAMES.map((name) => [name, 'SERVING'])));
  readonly #rounds: Listener;
  readonly #enrolment: Listener;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  address = '';
  enrolmentAddress = '';

  constructor(options: CoordinatorOptions, parts: ProcessParts) {
    this.#parts = parts;
    this.#logger = options.logger;
    const { store, config, secrets } = parts;
    const { logger } = options;
    const clock = options.clock ?? systemClock;
    const presence = new Presence(clock);
    this.#hub = new WatchHub(store, presence);
    this.#driver = new Driver({
      store,
      clock,
      logger,
      presence,
      federation: config.federation,
      settings: config.rounds,
      contractKey: secrets.contractKey,
      applySum: options.applySum ?? applyTask,
      startFrom: options.startFrom ?? warmStartTask,
      announcer: this.#hub,
      onFatal: (error) => options.onFatal?.(error),
    });
    const own = {
      authority: secrets.authorityPem.toString(),
      coordinator: secrets.serverCertificate.toString(),
      administrator: secrets.administratorCertificate.toString(),
    };
    this.#certificates = new CertificateWatch({ own, merchants: store.merchants, clock, logger });
    const renewals = new Renewals({ authority: secrets.authority, merchants: store.merchants, clock, logger });
    const gate: Gate = {
      merchants: store.merchants,
      limiter: new RateLimiter(clock, { perSecond: config.limits.calls_per_second, burst: config.limits.burst }),
      logger,
      isClosing: () => this.#isClosing,
    };
    const uploads = new UploadDesk({
      store,
      clock,
      stallMs: config.limits.upload_stall_ms,
      contractKey: secrets.contractKey,
    });
    const tls = { certificate: secrets.serverCertificate, key: secrets.serverKey };
    this.#rounds = new Listener({ ...tls, clientAuthority: secrets.authorityPem }, { largestMessage: LARGEST_MESSAGE });
    this.#enrolment = new Listener({ ...tls, clientAuthority: undefined }, { largestMessage: LARGEST_ENROLMENT });
    this.#rounds.server.addService(
      RoundsServiceService,
      roundsService({ gate, store, driver: this.#driver, hub: this.#hub, uploads, renewals }),
    );
    this.#rounds.server.addService(
      AdminServiceService,
      adminService({
        gate,
        store,
        driver: this.#driver,
        hub: this.#hub,
        presence,
        renewals,
        certificates: this.#certificates,
        clock,
        logger,
        federation: config.federation,
        checkJob: options.checkJob ?? checkTask,
        invitation: () => ({
          authority: secrets.authority.certificate,
          contractKey: Buffer.from(secrets.contractKey.publicKey),
          address: this.address,
          enrolmentAddress: this.enrolmentAddress,
        }),
      }),
    );
    this.#health.addToServer(this.#rounds.server);
    const perMinute = config.limits.enrolments_per_minute;
    this.#enrolment.server.addService(
      EnrolmentServiceService,
      enrolmentService({
        authority: secrets.authority,
        merchants: store.merchants,
        clock,
        limiter: new RateLimiter(clock, { perSecond: perMinute / 60, burst: Math.max(1, Math.ceil(perMinute)) }),
        logger,
      }),
    );
  }

  async start(): Promise<void> {
    const { config, paths } = this.#parts;
    const port = await this.#rounds.bind(config.listen.rounds);
    const enrolmentPort = await this.#enrolment.bind(config.listen.enrolment);
    const { host } = config.public;
    const publicHost = host.includes(':') ? `[${host}]` : host;
    this.address = config.public.rounds ?? `${publicHost}:${port}`;
    this.enrolmentAddress = config.public.enrolment ?? `${publicHost}:${enrolmentPort}`;
    await this.#driver.start();
    this.#certificates.start();
    const local = { rounds: localAddress(config.listen.rounds, port) };
    writeFileAtomic(paths.addresses, JSON.stringify(local), { mode: 0o644 });
    this.#logger.info({ rounds: this.address, enrolment: this.enrolmentAddress }, 'coordinator listens');
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#certificates.stop();
    for (const name of SERVICE_NAMES) this.#health.setStatus(name, 'NOT_SERVING');
    rmSync(this.#parts.paths.addresses, { force: true });
    await this.#driver.stop();
    this.#hub.close();
    await Promise.all([this.#rounds.close(CLOSE_GRACE_MS), this.#enrolment.close(CLOSE_GRACE_MS)]);
    try {
      await this.#parts.store.close();
    } catch (error) {
      // What counts was committed before; a lease that cannot be given back runs out by itself.
      this.#logger.warn({ code: errorCodeOf(error) }, 'store not closed cleanly');
    }
  }
}

/** Where the administrator's own commands connect: this machine, whatever name the world knows it by. */
function localAddress(listen: ListenAddress, port: number): string {
  const isAnywhere = listen.host === '0.0.0.0' || listen.host === '::';
  const host = isAnywhere ? 'localhost' : listen.host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function readSecrets(paths: StatePaths): Promise<Secrets> {
  const authorityPem = requireFile(paths.authorityCertificate);
  const seed = requireFile(paths.contractKey);
  try {
    return {
      authority: await CertificateAuthority.load({
        certificatePem: authorityPem.toString(),
        keyPem: requireFile(paths.authorityKey).toString(),
      }),
      authorityPem,
      serverCertificate: requireFile(paths.serverCertificate),
      serverKey: requireFile(paths.serverKey),
      administratorCertificate: requireFile(paths.administratorCertificate),
      contractKey: SigningKey.fromSeed(seed),
    };
  } catch (error) {
    if (error instanceof GuildhallError) throw error;
    throw new GuildhallError(
      'STATE_DIRECTORY_INVALID',
      'A key or certificate in the state directory does not decode.',
      {
        cause: error,
      },
    );
  } finally {
    seed.fill(0);
  }
}

const applyTask: ApplySum = ({ model, ...release }) =>
  Promise.resolve(encodeModel(applySum({ ...release, model: decodeModel(model) })));

const warmStartTask: StartFrom = (model, source) => encodeModel(warmStart(decodeModel(model), decodeModel(source)));

const checkTask: CheckJob = (terms, model) => {
  requireCoherent(terms, taskOf(terms), decodeModel(model));
};

import { mkdirSync } from 'node:fs';
import { createPlatformServices, migratePlatform } from '@outlay/testkit/host';
import { demo, seedDemo } from '../seed.ts';
import { type ChosenPorts, choosePorts, gatewayUrlOf, identityAddressOf } from './choose-ports.ts';
import { findInfrastructure, isShared } from './infrastructure.ts';
import { keptSecrets } from './kept-secrets.ts';
import { local } from './local-files.ts';
import { printWelcome } from './print-welcome.ts';
import { takeRunLock } from './run-lock.ts';
import { setAsideLargeLogs } from './set-aside-large-logs.ts';
import { createShutDown } from './shut-down.ts';
import { startServices } from './start-services.ts';
import { step } from './step.ts';
import { supervise } from './supervise.ts';

/** Brings the platform up, prints where it is, and stays until a signal; then takes it down in reverse. */
export async function start(): Promise<void> {
  const started = performance.now();
  const shutDown = createShutDown();
  try {
    mkdirSync(local('logs'), { recursive: true });
    shutDown.add(takeRunLock());
    setAsideLargeLogs();
    const found = await choosePorts();
    const infrastructure = await findInfrastructure(shutDown.add);
    const secrets = await keptSecrets(infrastructure.databaseUrl);
    await step('Database schemas are up to date', () => migratePlatform(infrastructure.databaseUrl));
    if (shutDown.isAsked()) return;

    const isSeeding = wantsDemo(infrastructure.databaseUrl);
    const create = (ports: ChosenPorts) =>
      createPlatformServices({
        infrastructure,
        ports,
        logDirectory: local('logs'),
        defaults: {
          NODE_ENV: 'development',
          ...secrets,
          MAIL_OUTBOX_DIRECTORY: local('mail'),
          PUBLIC_URL: gatewayUrlOf(ports),
          SHUTDOWN_TIMEOUT_MS: '8000',
          ...(isSeeding
            ? { PLATFORM_ADMIN_EMAIL: demo.platformAdmin.email, PLATFORM_ADMIN_PASSWORD: demo.password }
            : {}),
        },
      });
    const { services, ports } = await step('Six services are ready', () => startServices(create, found, shutDown));
    shutDown.add(supervise(services.all));

    const gatewayUrl = gatewayUrlOf(ports);
    if (isSeeding) {
      const identityAddress = identityAddressOf(ports);
      const serviceClientSecret = process.env.SERVICE_CLIENT_SECRET ?? secrets.SERVICE_CLIENT_SECRET;
      await step('The demo tenant is there', () => seedDemo({ gatewayUrl, identityAddress, serviceClientSecret }));
    }
    if (shutDown.isAsked()) return;
    const seconds = (performance.now() - started) / 1000;
    printWelcome(gatewayUrl, infrastructure, { seconds, hasDemo: isSeeding });
  } catch (error) {
    if (!shutDown.isAsked()) await shutDown.fail(error);
  }
}

/** The demo accounts have a password that everybody knows: never in production, and on a shared server only when asked for. */
function wantsDemo(databaseUrl: string): boolean {
  const { OUTLAY_SEED, NODE_ENV } = process.env;
  if (OUTLAY_SEED === 'off' || NODE_ENV === 'production') return false;
  return OUTLAY_SEED === 'on' || !isShared(databaseUrl);
}

import { mkdirSync } from 'node:fs';
import { createPlatformServices, migratePlatform } from '@outlay/testkit/host';
import { demo, seedDemo } from '../seed.ts';
import { choosePorts, gatewayUrlOf, identityAddressOf } from './choose-ports.ts';
import { findInfrastructure, isShared } from './infrastructure.ts';
import { keptSecret } from './kept-secret.ts';
import { local } from './local-files.ts';
import { printWelcome } from './print-welcome.ts';
import { takeRunLock } from './run-lock.ts';
import { setAsideLargeLogs } from './set-aside-large-logs.ts';
import { createShutDown } from './shut-down.ts';
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
    const ports = await choosePorts();
    const infrastructure = await findInfrastructure(shutDown.add);
    await step('Database schemas are up to date', () => migratePlatform(infrastructure.databaseUrl));
    if (shutDown.isAsked()) return;

    const isSeeding = wantsDemo(infrastructure.databaseUrl);
    const services = createPlatformServices({
      infrastructure,
      ports,
      logDirectory: local('logs'),
      defaults: {
        NODE_ENV: 'development',
        SERVICE_CLIENT_SECRET: keptSecret('service-client'),
        IDENTITY_ENCRYPTION_KEY: keptSecret('identity-encryption'),
        LEDGER_SEAL_KEY: keptSecret('ledger-seal'),
        MAIL_OUTBOX_DIRECTORY: local('mail'),
        PUBLIC_URL: gatewayUrlOf(ports),
        SHUTDOWN_TIMEOUT_MS: '8000',
        ...(isSeeding
          ? { PLATFORM_ADMIN_EMAIL: demo.platformAdmin.email, PLATFORM_ADMIN_PASSWORD: demo.password }
          : {}),
      },
    });
    shutDown.onForce(services.kill);
    shutDown.add(services.stop);
    await step('Six services are ready', services.start);
    shutDown.add(supervise(services.all));

    const gatewayUrl = gatewayUrlOf(ports);
    if (isSeeding) {
      const identityAddress = identityAddressOf(ports);
      const serviceClientSecret = process.env.SERVICE_CLIENT_SECRET ?? keptSecret('service-client');
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

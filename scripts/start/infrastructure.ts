import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import {
  embeddedBinaries,
  ensureDatabase,
  type Infrastructure,
  rabbitmqAnswers,
  redisAnswers,
  startLocalPostgres,
} from '@outlay/testkit/host';
import { keptSecret } from './kept-secret.ts';
import { local } from './local-files.ts';
import { step } from './step.ts';

/** The servers that the three variables name, each asked once whether it answers; embedded ones where they are unset. Prints which. */
export async function findInfrastructure(onStop: (stop: () => Promise<void>) => void): Promise<Infrastructure> {
  const { DATABASE_URL, AMQP_URL, REDIS_URL, DATABASE_ROLE_SECRET } = process.env;
  if (DATABASE_URL && isShared(DATABASE_URL) && !DATABASE_ROLE_SECRET) {
    throw new Error(
      `${place(DATABASE_URL)} can be reached by others: set DATABASE_ROLE_SECRET to a secret of yours, from which the passwords of the services' roles are made.`,
    );
  }
  const databaseUrl = DATABASE_URL
    ? await step(`PostgreSQL: ${place(DATABASE_URL)}`, () =>
        using('DATABASE_URL', DATABASE_URL, 'the embedded PostgreSQL', () => givenPostgres(DATABASE_URL)),
      )
    : await step('PostgreSQL: embedded', () => embeddedPostgres(onStop));
  if (!DATABASE_URL) process.env.DATABASE_ROLE_SECRET ||= keptSecret('database-roles');
  if (AMQP_URL) {
    await step(`Bus: RabbitMQ at ${place(AMQP_URL)}`, () =>
      using('AMQP_URL', AMQP_URL, 'the bus on PostgreSQL', () => rabbitmqAnswers(AMQP_URL)),
    );
  } else console.log('  Bus: on PostgreSQL');
  if (REDIS_URL) {
    await step(`Shared state: Redis at ${place(REDIS_URL)}`, () =>
      using('REDIS_URL', REDIS_URL, 'state in the memory of the gateway', () => redisAnswers(REDIS_URL)),
    );
  } else console.log('  Shared state: in the memory of the gateway');
  return { databaseUrl, ...(AMQP_URL ? { amqpUrl: AMQP_URL } : {}), ...(REDIS_URL ? { redisUrl: REDIS_URL } : {}) };
}

/** Whether others can reach that server: what is well known must not open it then. */
export function isShared(databaseUrl: string): boolean {
  return URL.canParse(databaseUrl) && !['127.0.0.1', 'localhost', '[::1]', ''].includes(new URL(databaseUrl).hostname);
}

const startAttemptsMax = 3;

async function embeddedPostgres(onStop: (stop: () => Promise<void>) => void): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const port = await postgresPort();
    try {
      const server = await startLocalPostgres({
        binaries: embeddedBinaries(),
        dataDirectory: local('postgres'),
        logFile: local('logs', 'postgres.log'),
        port,
        durable: true,
        password: keptSecret('postgres'),
      });
      onStop(server.stop);
      return await ensureDatabase(server.url, 'outlay');
    } catch (error) {
      // Somebody else may have taken the port since it was found free: making a database comes in between.
      if (attempt === startAttemptsMax || (await isFree(port)) === port) throw error;
    }
  }
}

/** The same port at each start, so that a tool set up to look into the database finds it again. */
async function postgresPort(): Promise<number> {
  const wanted = process.env.OUTLAY_POSTGRES_PORT;
  if (wanted !== undefined) {
    if (await isFree(Number(wanted))) return Number(wanted);
    throw new Error(
      `Port ${wanted}, where the embedded PostgreSQL is to listen, is taken: set OUTLAY_POSTGRES_PORT to another, or unset it.`,
    );
  }
  const file = local('postgres.port');
  const kept = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 54_320;
  const port = (await isFree(kept)) || (await isFree(0));
  writeFileSync(file, String(port));
  return port;
}

function isFree(port: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(0));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function givenPostgres(url: string): Promise<string> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1)) || 'outlay';
  return ensureDatabase(url, name);
}

async function using<T>(variable: string, url: string, embedded: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cause = error instanceof AggregateError ? error.errors[0] : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `${variable} names ${place(url)}, which cannot be used: ${reason}\nStart or correct that server, or unset ${variable} for ${embedded}.`,
    );
  }
}

/** Host, port and path: never the password. */
function place(url: string): string {
  if (!URL.canParse(url)) return 'something that is not a URL';
  const { host, pathname } = new URL(url);
  return host + (pathname === '/' ? '' : pathname);
}

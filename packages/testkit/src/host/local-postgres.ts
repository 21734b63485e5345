import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { startKept } from './kept-process.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { processEntry } from './process-table.ts';
import { type ServerAccount, serverAccount } from './server-account.ts';
import { tailOf } from './tail-of.ts';

/** Which PostgreSQL, on which data, where. */
export type LocalPostgresOptions = {
  binaries: PostgresBinaries;
  dataDirectory: string;
  logFile: string;
  port: number;
  /** Without it a crash of the machine may lose data: for tests alone. */
  durable: boolean;
  /** How many connections it takes at the least; 300 unless set. */
  connections?: number;
  /** Of the administrator, whom the server asks for it. Without one it lets in whoever is on this machine. */
  password?: string;
};

/** A server that runs; the URL is its administrator's. */
export type LocalPostgres = { url: string; port: number; stop: () => Promise<void> };

const run = promisify(execFile);

/** As in docker-compose.yml. With PostgreSQL's own default, a quarter of it, an import takes a fifth longer. */
const sharedBuffers = '512MB';

/** Starts a PostgreSQL of our own on 127.0.0.1, making its data directory first where there is none. It stops when this process is gone. */
export async function startLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const { binaries, dataDirectory, logFile, port, durable, connections = 0, password } = options;
  const account = serverAccount();
  mkdirSync(dirname(logFile), { recursive: true });
  await makeDataDirectory(options, account);
  await clearStaleLock(dataDirectory);

  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(Math.max(300, connections)),
    ...(durable
      ? { shared_buffers: sharedBuffers }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = startKept({
    command: [...account.prefix, binaries.postgres, '-D', dataDirectory, '-p', String(port), ...flags] as [
      string,
      ...string[],
    ],
    stopSignal: 'SIGINT',
    logFile,
    ...(account.spawnAsOwner ? account.owner : {}),
  });
  const url = `postgres://postgres${password === undefined ? '' : `:${encodeURIComponent(password)}`}@127.0.0.1:${port}/postgres`;
  await waitUntilAnswering(url, server.hasExited, logFile);
  return { url, port, stop: () => server.stop() };
}

async function makeDataDirectory(options: LocalPostgresOptions, account: ServerAccount): Promise<void> {
  const { binaries, dataDirectory, password } = options;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  if (account.owner !== undefined) giveTo(dataDirectory, account.owner);
  if (existsSync(join(dataDirectory, 'PG_VERSION'))) return;
  // What a first start that was interrupted left is no database yet.
  for (const entry of readdirSync(dataDirectory)) rmSync(join(dataDirectory, entry), { recursive: true });
  const passwordFile = `${dataDirectory}.password`;
  if (password !== undefined) {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account.owner !== undefined) giveTo(passwordFile, account.owner);
  }
  const [file, ...args] = [
    ...account.prefix,
    binaries.initdb,
    `--pgdata=${dataDirectory}`,
    '--username=postgres',
    ...(password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]),
    '--encoding=UTF8',
    '--no-locale',
    ...(binaries.origin === 'embedded' ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
  ] as [string, ...string[]];
  try {
    await run(file, args, { ...(account.spawnAsOwner ? account.owner : {}), cwd: dataDirectory });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function giveTo(path: string, owner: { uid: number; gid: number }): void {
  const entry = statSync(path);
  if (entry.uid === owner.uid) return;
  chownSync(path, owner.uid, owner.gid);
  if (entry.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), owner);
}

/**
 * After a kill the server's lock file stays behind. One whose process is gone (or is something else by now: numbers are
 * reused) is removed; a server that is still winding down, because its starter has just been killed, is waited for.
 */
async function clearStaleLock(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid');
  for (let attempt = 0; existsSync(file); attempt += 1) {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    if (!isPostgresOf(pid, dataDirectory)) return rmSync(file, { force: true });
    if (attempt === 100) process.kill(pid, 'SIGINT');
    if (attempt === 200)
      throw new Error(
        `Another PostgreSQL (process ${pid}) runs on ${dataDirectory} and does not stop: end it, then try again.`,
      );
    await delay(100);
  }
}

function isPostgresOf(pid: number, dataDirectory: string): boolean {
  const command = processEntry(pid)?.command ?? '';
  return command.includes('postgres') && command.includes(dataDirectory);
}

async function waitUntilAnswering(url: string, hasExited: () => boolean, logFile: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return;
    } catch (error) {
      if (hasExited()) throw new Error(`PostgreSQL does not start. The end of ${logFile}:\n${tailOf(logFile)}`);
      if (performance.now() > deadline)
        throw new Error(`PostgreSQL does not answer on ${url}: ${String(error)}. See ${logFile}.`);
    } finally {
      await client.end().catch(() => {});
    }
    await delay(30);
  }
}

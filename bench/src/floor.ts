import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

/** A value that is a new UUID in each run of the statement; equal `slot`s of one run are equal. */
export interface FreshId {
  freshId: number;
}

export interface FloorStatement {
  name: string;
  text: string;
  values: readonly (string | null | Buffer | readonly unknown[] | FreshId)[];
}

export interface FloorResult {
  perSecond: number;
  tool: 'pgbench' | 'pg loop';
}

/** How often per second the database alone runs a statement, as the service's own role, over a number of connections. */
export const measureFloor = async (
  url: string,
  statement: FloorStatement,
  options: { connections: number; seconds: number },
): Promise<FloorResult> =>
  spawnSync('pgbench', ['--version']).status === 0
    ? withPgbench(url, statement, options)
    : withLoop(url, statement, options);

const run = promisify(execFile);

/** The values become constants of the script, so that pgbench sends them as parameters of a prepared statement. */
const withPgbench = async (
  url: string,
  { text, values }: FloorStatement,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<FloorResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'outlay-floor-'));
  try {
    const script = join(directory, 'statement.sql');
    const sql = text
      .replaceAll(/'([^']*)'/g, (match, inner) => (inner.includes(':') ? quoted(inner) : match))
      .replaceAll(/\$(\d+)/g, (_match, position) => literal(values[Number(position) - 1] ?? null));
    await writeFile(script, `\\set n :n + 1\n${sql.replaceAll(/\s+/g, ' ').trim()};\n`);
    const { hostname, port, pathname, username, password } = new URL(url);
    const { stdout } = await run(
      'pgbench',
      [
        ...['--no-vacuum', '--protocol=prepared', `--client=${connections}`, `--jobs=${Math.min(2, connections)}`],
        ...[`--time=${seconds}`, '--define=n=0', `--define=run=${runNumber++}`, `--file=${script}`],
        ...[
          `--host=${hostname}`,
          `--port=${port || 5432}`,
          `--username=${decodeURIComponent(username)}`,
          pathname.slice(1),
        ],
      ],
      {
        // A statement may tell something each time, such as that a soft limit is passed.
        maxBuffer: Number.POSITIVE_INFINITY,
        env: {
          ...process.env,
          PGPASSWORD: decodeURIComponent(password),
          PGOPTIONS: `-c search_path=${schemaOf(username)} ${plannerOptions}`,
        },
      },
    );
    const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    if (!Number.isFinite(perSecond)) throw new Error(`pgbench says:\n${stdout}`);
    return { perSecond, tool: 'pgbench' };
  } finally {
    await rm(directory, { recursive: true });
  }
};

// What the services set on their connections, without which the same text would run by another plan.
const plannerOptions = '-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_sort=off';

let runNumber = 1;

const schemaOf = (role: string): string => role.replace(/^outlay_/, '');

// Client and turn make the id, so that ids of one connection lie close together as those of a service do.
const literal = (value: FloorStatement['values'][number]): string => {
  if (value === null) return 'null';
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'::bytea`;
  if (isFreshId(value)) {
    return `('0197a3c0-' || lpad(to_hex(:run::bigint * 256 + :client_id::bigint), 4, '0') || '-7000-8000-' || lpad(to_hex(:n::bigint), 10, '0') || '0${value.freshId.toString(16)}')`;
  }
  if (Array.isArray(value)) return quoted(`{${value.map((item) => JSON.stringify(String(item))).join(',')}}`);
  return quoted(String(value));
};

// A colon before a letter would begin a variable of pgbench even inside quotes.
const quoted = (text: string): string =>
  `(${text
    .replaceAll("'", "''")
    .split(/(?<=:)(?=[A-Za-z0-9_])/)
    .map((part) => `'${part}'`)
    .join(' || ')})`;

const isFreshId = (value: unknown): value is FreshId =>
  typeof value === 'object' && value !== null && 'freshId' in value;

/** Where pgbench is not installed: as many connections, each sending the statement again as soon as it is answered. */
const withLoop = async (
  url: string,
  { name, text, values }: FloorStatement,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<FloorResult> => {
  const end = performance.now() + seconds * 1_000;
  const counts = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url, options: plannerOptions });
      await client.connect();
      let count = 0;
      for (; performance.now() < end; count++) {
        const ids = new Map<number, string>();
        await client.query({
          name,
          text,
          values: values.map((value) => (isFreshId(value) ? idOf(ids, value) : value)),
        });
      }
      await client.end();
      return count;
    }),
  );
  return { perSecond: counts.reduce((sum, count) => sum + count, 0) / seconds, tool: 'pg loop' };
};

const idOf = (ids: Map<number, string>, { freshId }: FreshId): string => {
  const id = ids.get(freshId) ?? crypto.randomUUID();
  ids.set(freshId, id);
  return id;
};

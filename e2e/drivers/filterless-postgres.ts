import { connect, createServer, type Socket } from 'node:net';

/** A way to PostgreSQL on which services lose their own filters. */
export interface FilterlessPostgres {
  url: (original: string) => string;
  /** How many filters were taken out so far. */
  removed: () => number;
  close: () => Promise<void>;
}

/** `expense.tenant_id = $1`, as services and Prisma write it. Joins of two tables are not filters. */
const filter = /((?:"?\w+"?\.)*"?\btenant_id\b"?) = ((?:\$\d+|scope\.tenant_id)\b(?:::uuid)?)/g;

/**
 * Forwards to PostgreSQL and rewrites each statement so that comparing a row's tenant with the caller's holds for every
 * row, unless the service has taken on its system role, for which there is nothing else. What keeps tenants apart from then on are the
 * rules of the database alone.
 */
export async function createFilterlessPostgres(target: string): Promise<FilterlessPostgres> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let removed = 0;

  const withoutFilters = (statement: string) =>
    statement.replace(filter, (_, column: string, value: string) => {
      removed += 1;
      return `(${column} = ${value} or current_user::text not like '%system')`;
    });

  const server = createServer((client) => {
    const upstream = connect(Number(port || 5432), hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    const split = createMessageSplitter();
    client.on('data', (chunk: Buffer) => {
      for (const message of split(chunk)) upstream.write(rewritten(message, withoutFilters));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as { port: number }).port;
  return {
    url: (original) => {
      const url = new URL(original);
      url.hostname = '127.0.0.1';
      url.port = String(own);
      return url.href;
    },
    removed: () => removed,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Cuts what a client sends into whole messages. Those before the log-in begin with their length, all others with a letter. */
function createMessageSplitter(): (chunk: Buffer) => Buffer[] {
  let pending = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const messages: Buffer[] = [];
    for (;;) {
      const lengthAt = isStarted ? 1 : 0;
      if (pending.length < lengthAt + 4) return messages;
      const end = lengthAt + pending.readUInt32BE(lengthAt);
      if (pending.length < end) return messages;
      const message = pending.subarray(0, end);
      // Protocol 3; before it there may be a request for encryption.
      if (!isStarted && message.readUInt16BE(4) === 3) isStarted = true;
      messages.push(message);
      pending = pending.subarray(end);
    }
  };
}

/** Statements come alone (`Q`), or with a name before them and the types of their parameters after them (`P`). */
function rewritten(message: Buffer, change: (statement: string) => string): Buffer {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type !== 'Q' && type !== 'P') return message;
  const from = type === 'Q' ? 5 : message.indexOf(0, 5) + 1;
  const to = message.indexOf(0, from);
  if (from <= 0 || to < 0) return message;
  const statement = message.toString('utf8', from, to);
  const changed = change(statement);
  if (changed === statement) return message;
  const body = Buffer.concat([message.subarray(5, from), Buffer.from(changed), message.subarray(to)]);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

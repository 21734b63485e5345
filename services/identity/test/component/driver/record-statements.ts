import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a service and PostgreSQL, and writes down what the service has executed. */
export interface StatementRecorder {
  /** The database's URL by way of the recorder. */
  url: string;
  /** The statements executed while work runs, each as often as it was; what runs in the background is left out. */
  during(work: () => Promise<unknown>): Promise<string[]>;
  close(): Promise<void>;
}

/** The relay, timed work, health checks and the reloading of keys come whenever they like. */
const background = /_jobs"|graphile_worker|published_at|inbox|signing_keys|^(un)?listen|^select 1$/i;

interface Executed {
  connection: number;
  text: string;
}

export async function recordStatements(databaseUrl: string): Promise<StatementRecorder> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let statements: Executed[] = [];
  let connections = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port) || 5432, target.hostname);
    connections += 1;
    const connection = connections;
    const read = createReader((text) => statements.push({ connection, text: text.replace(/\s+/g, ' ').trim() }));
    client.on('data', read);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    async during(work) {
      statements = [];
      await work();
      return withoutBackground(statements).sort();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Leaves out each transaction that has something of the background in it, from its begin to its end. */
function withoutBackground(statements: readonly Executed[]): string[] {
  return [...Map.groupBy(statements, ({ connection }) => connection).values()].flatMap((onConnection) => {
    const transactions: string[][] = [];
    let isOpen = false;
    for (const { text } of onConnection) {
      if (isOpen) transactions.at(-1)?.push(text);
      else transactions.push([text]);
      if (/^begin/i.test(text)) isOpen = true;
      if (/^(commit|rollback)/i.test(text)) isOpen = false;
    }
    return transactions.filter((texts) => !texts.some((text) => background.test(text))).flat();
  });
}

/** Reads what a client sends (PostgreSQL's frontend protocol, version 3) and tells each statement that is executed. */
function createReader(onStatement: (text: string) => void): (bytes: Buffer) => void {
  const prepared = new Map<string, string>();
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;

  function read(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('utf8').split('\0');
    if (type === 'Q') onStatement(first);
    if (type === 'P') prepared.set(first, second);
    // Bind names its portal first, then its statement.
    if (type === 'B') onStatement(prepared.get(second) ?? second);
  }

  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      // The first message has no type.
      const start = isStarted ? 1 : 0;
      if (rest.length < start + 4) return;
      const end = start + rest.readInt32BE(start);
      if (rest.length < end) return;
      if (isStarted) read(String.fromCharCode(rest.readUInt8(0)), rest.subarray(5, end));
      isStarted = true;
      rest = rest.subarray(end);
    }
  };
}

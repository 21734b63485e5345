import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How Mailgun treats one request to send: whether it takes the mail, and what the caller gets to see of that. */
export interface Behaviour {
  takes: boolean;
  answer: 'well' | 'hangs' | 'cuts' | 'breaks off' | 400 | 401 | 413 | 429 | 500 | 503;
}

/** Mailgun as seen over HTTP, with the ways in which such a service fails. */
export interface FakeMailgun {
  url: string;
  /** The mails that were taken, by their Message-Id, as often as they were. */
  taken: { messageId: string; form: Map<string, string> }[];
  /** Requests to send, taken or not. */
  sendCount(): number;
  /** What becomes of the next requests to send; when it is used up, all go well. */
  next: Behaviour[];
  /** What becomes of requests for the event log. */
  log: 'shows' | 'lags' | 'fails' | 'hangs';
  stop(): Promise<void>;
}

export async function startFakeMailgun(): Promise<FakeMailgun> {
  const sockets = new Set<Socket>();
  let sendCount = 0;
  const fake: FakeMailgun = { url: '', taken: [], sendCount: () => sendCount, next: [], log: 'shows', stop };
  const server = createServer((request, response) => {
    readBody(request).then((body) => {
      if (request.method === 'POST') takeMail(body, response);
      else showLog(new URL(request.url ?? '/', 'http://mailgun'), response);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });

  function takeMail(body: string, response: ServerResponse): void {
    sendCount += 1;
    const { takes, answer } = fake.next.shift() ?? { takes: true, answer: 'well' };
    const form = parseForm(body);
    const messageId = form.get('h:Message-Id') ?? '';
    if (takes) fake.taken.push({ messageId, form });
    if (answer === 'hangs') return;
    if (answer === 'cuts') {
      response.socket?.destroy();
      return;
    }
    if (answer === 'breaks off') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"id": "');
      setImmediate(() => response.socket?.destroy());
      return;
    }
    const status = answer === 'well' ? 200 : answer;
    reply(response, status, answer === 'well' ? { id: messageId, message: 'Queued. Thank you.' } : { message: 'No' });
  }

  function showLog(url: URL, response: ServerResponse): void {
    if (fake.log === 'hangs') return;
    if (fake.log === 'fails') {
      reply(response, 500, { message: 'No' });
      return;
    }
    const wanted = `<${url.searchParams.get('message-id')}>`;
    const found = fake.log === 'lags' ? [] : fake.taken.filter((mail) => mail.messageId === wanted);
    reply(response, 200, { items: found.map(() => ({ event: 'accepted' })), paging: {} });
  }

  function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The text fields of a multipart/form-data body. */
function parseForm(body: string): Map<string, string> {
  const boundary = body.slice(0, body.indexOf('\r\n'));
  const fields = body.split(boundary).flatMap((part) => {
    const match = /^\r\nContent-Disposition: form-data; name="([^"]+)"\r\n\r\n([\s\S]*)\r\n$/.exec(part);
    return match ? [[match[1] as string, match[2] as string] as const] : [];
  });
  return new Map(fields);
}

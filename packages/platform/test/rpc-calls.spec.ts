import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, startFakeGrpc } from '@outlay/testkit';
import {
  createLogger,
  currentCallScope,
  DomainError,
  invalid,
  notFound,
  remainingMs,
  type TenantContext,
} from '../src/index.ts';
import { gate, messages, nobody, readAll, start, stopAll, stopLater } from './support/echo.ts';
import { type EchoMessage, echoDefinition } from './support/echo-service.ts';

afterEach(stopAll);

const failWith = (error: unknown) => ({
  access: 'public' as const,
  handle: async (): Promise<EchoMessage> => {
    throw error;
  },
});

describe('a call', () => {
  it('goes through in each of the four kinds', async () => {
    const { client } = await start();
    expect(await client.getEcho(nobody, { text: 'one' })).toEqual({ text: 'one' });
    expect(await readAll(client.listEchoes(nobody, { text: 'x', count: 3 }))).toEqual([
      { text: 'x', count: 1 },
      { text: 'x', count: 2 },
      { text: 'x', count: 3 },
    ]);
    expect(await client.collectEchoes(nobody, messages('a', 'b'))).toEqual({ text: 'a,b', count: 2 });
    expect(await readAll(client.exchangeEchoes(nobody, messages('a', 'b')))).toEqual([{ text: 'A' }, { text: 'B' }]);
  });

  it('goes to each of several processes of a service, and to those that are left when one ends', async () => {
    const named = (text: string) => ({ getEcho: { access: 'public' as const, handle: async () => ({ text }) } });
    const [first, second] = [await start(named('first')), await start(named('second'))];
    const client = first.connect({ address: `ipv4:${first.address},${second.address}`, retry: true });
    const answers = async () => {
      const texts: string[] = [];
      for (let call = 0; call < 20; call++) texts.push((await client.getEcho(nobody, { text: '' })).text);
      return new Set(texts);
    };

    await eventually(async () => expect(await answers()).toEqual(new Set(['first', 'second'])));
    await second.server.stop();
    expect(await answers()).toEqual(new Set(['first']));
  });

  it('carries the request id, the idempotency key and the deadline to the handler and its logs', async () => {
    const seen: unknown[] = [];
    const { client } = await start({
      sendEcho: {
        access: 'public',
        async handle(context, request) {
          seen.push(context.requestId, context.idempotencyKey, currentCallScope()?.requestId);
          expect(remainingMs()).toBeGreaterThan(2_000);
          expect(remainingMs()).toBeLessThanOrEqual(60_000);
          return request;
        },
      },
    });
    await client.sendEcho({ ...nobody, requestId: 'r-7', idempotencyKey: 'k-7' }, { text: '' }, { deadlineMs: 60_000 });
    expect(seen).toEqual(['r-7', 'k-7', 'r-7']);
  });

  it('streams no faster than the reader reads, and stops the handler when the reader leaves', async () => {
    let produced = 0;
    const left = gate();
    const { client } = await start({
      listEchoes: {
        access: 'public',
        async *handle() {
          try {
            for (;;) {
              produced += 1;
              if (produced === 2_000) throw new Error('Nobody holds it back');
              yield { text: 'x'.repeat(10_000) };
            }
          } finally {
            left.open();
          }
        },
      },
    });
    for await (const { text } of client.listEchoes(nobody, { text: '' })) {
      expect(text).toHaveLength(10_000);
      break;
    }
    await left.opened;
    expect(produced).toBeLessThan(2_000);
  });
});

describe('an error', () => {
  it('arrives as it was thrown: kind, code, message, details and meta', async () => {
    const thrown = new DomainError('conflict', 'plan_limit_reached', 'The plan allows 3 projects: „Änderung“', {
      details: [{ field: 'items[2].name', code: 'too_long', message: 'must have at most 100 characters' }],
      meta: { limit: '3' },
    });
    const { client } = await start({ getEcho: failWith(thrown) });
    const received = await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error);
    expect(received).toBeInstanceOf(DomainError);
    expect(received).toMatchObject({
      kind: thrown.kind,
      code: thrown.code,
      message: thrown.message,
      details: thrown.details,
      meta: thrown.meta,
    });
  });

  it.each([
    'unreadable',
    'unauthenticated',
    'forbidden',
    'not_found',
    'conflict',
    'precondition_failed',
    'invalid',
    'rate_limited',
    'unavailable',
    'deadline_exceeded',
  ] as const)('of kind %s keeps its kind', async (kind) => {
    const { client } = await start({ getEcho: failWith(new DomainError(kind, 'some_code', 'Some message')) });
    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind, code: 'some_code' });
  });

  it('that nobody expected tells the caller nothing of its cause', async () => {
    const { client } = await start({ getEcho: failWith(new Error('password is hunter2')) });
    const received = (await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error)) as DomainError;
    expect(received).toMatchObject({ kind: 'internal', code: 'internal', message: 'Something went wrong' });
    expect(JSON.stringify(received)).not.toContain('hunter2');
  });

  it('of an answer that is no message is one that nobody expected, and is logged with its cause', async () => {
    const errors: unknown[] = [];
    const logger = createLogger({ service: 'owner' }, { write: (line) => void errors.push(JSON.parse(line).error) });
    const malformed = { text: 1n } as unknown as EchoMessage;
    const { client } = await start(
      {
        getEcho: { access: 'public', handle: async () => malformed },
        listEchoes: {
          access: 'public',
          async *handle() {
            yield { text: 'sound' };
            yield malformed;
          },
        },
      },
      { logger },
    );
    const unexpected = { kind: 'internal', code: 'internal', message: 'Something went wrong' };

    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject(unexpected);
    const stream = client.listEchoes(nobody, { text: '' })[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ done: false, value: { text: 'sound' } });
    await expect(stream.next()).rejects.toMatchObject(unexpected);

    const cause = expect.objectContaining({ message: expect.stringContaining('BigInt'), stack: expect.any(String) });
    expect(errors).toEqual([cause, cause]);
  });

  it('that nobody expected is logged with its cause where it arises, and by whoever passes it on as a warning', async () => {
    const lines: Record<string, unknown>[] = [];
    const of = (service: string) => ({
      logger: createLogger({ service }, { write: (line) => void lines.push(JSON.parse(line)) }),
    });
    const { client: owner } = await start({ getEcho: failWith(new Error('the cause')) }, of('owner'));
    const passOn = {
      access: 'public' as const,
      handle: (context: TenantContext, request: EchoMessage) => owner.getEcho(context, request),
    };
    const { client } = await start({ getEcho: passOn }, of('between'));

    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind: 'internal' });

    expect(lines).toEqual([
      expect.objectContaining({
        ...{ service: 'owner', level: 'error', request_id: 'request-1' },
        error: expect.objectContaining({ message: expect.stringContaining('the cause'), stack: expect.any(String) }),
      }),
      expect.objectContaining({ service: 'between', level: 'warn', request_id: 'request-1', code: 'internal' }),
    ]);
  });

  it('with a thousand details arrives too', async () => {
    const details = Array.from({ length: 1_000 }, (_, index) => ({
      field: `items[${index}]`,
      code: 'invalid',
      message: 'ü'.repeat(200),
    }));
    const { client } = await start({ getEcho: failWith(invalid(details)) });
    const received = (await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error)) as DomainError;
    expect(received).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
    expect(received.details.length).toBeGreaterThan(0);
  });

  it('ends a stream after what was sent before it', async () => {
    const { client } = await start({
      listEchoes: {
        access: 'public',
        async *handle() {
          yield { text: 'first' };
          throw notFound('gone', 'Gone');
        },
      },
    });
    const received: EchoMessage[] = [];
    const reading = (async () => {
      for await (const message of client.listEchoes(nobody, { text: '' })) received.push(message);
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'not_found', code: 'gone' });
    expect(received).toEqual([{ text: 'first' }]);
  });

  it('of the source of a request stream is the one that is thrown', async () => {
    const { client } = await start();
    async function* broken(): AsyncGenerator<EchoMessage> {
      yield { text: 'a' };
      throw new Error('the file ended early');
    }
    await expect(client.collectEchoes(nobody, broken())).rejects.toThrow('the file ended early');
    await expect(readAll(client.exchangeEchoes(nobody, broken()))).rejects.toThrow('the file ended early');
  });

  it('before a request stream was read is answered at once', async () => {
    const { client } = await start({
      collectEchoes: {
        access: 'public',
        handle: async () => {
          throw notFound('gone', 'Gone');
        },
      },
    });
    async function* endless(): AsyncGenerator<EchoMessage> {
      for (;;) yield { text: 'x'.repeat(10_000) };
    }
    await expect(client.collectEchoes(nobody, endless())).rejects.toMatchObject({ code: 'gone' });
  });

  it('of a peer that sends no details still has its kind', async () => {
    const fake = await startFakeGrpc(echoDefinition, {});
    stopLater(fake.stop);
    const { connect } = await start();
    const client = connect({ address: fake.address });
    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind: 'internal' });
  });
});

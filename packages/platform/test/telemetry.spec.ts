import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextMessage, startFixture } from './support/child-process.ts';
import { createPlatformDatabase, type PlatformDatabase } from './support/database.ts';

interface ExportedSpan {
  traceId: string;
  spanId: string;
  parentId: string;
  name: string;
}

let platform: PlatformDatabase;
beforeAll(async () => {
  platform = await createPlatformDatabase();
});
afterAll(() => platform.drop());

/** Runs the traced application, sends it one request, and answers its log once it has ended. */
async function runTracedApp(env: NodeJS.ProcessEnv, headers: Record<string, string> = {}) {
  const child = startFixture(new URL('./fixtures/traced-app.ts', import.meta.url), {
    env: { DATABASE_URL: platform.urlFor('ledger'), ...env },
    execArgv: ['--import', '@outlay/platform/telemetry'],
  });
  const { port } = await nextMessage<{ port: number }>(child);
  const response = await fetch(`http://127.0.0.1:${port}/echo`, { headers });
  expect(response.status).toBe(200);
  child.process.send('stop');
  expect(await child.exited).toBe(0);
  return child.lines();
}

/** Takes what an OTLP exporter sends, as a collector would. */
async function startCollector() {
  const spans: ExportedSpan[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    spans.push(...readSpans(Buffer.concat(chunks)));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2; of a span the fields 1, 2, 4 and 5. */
function readSpans(bytes: Uint8Array): ExportedSpan[] {
  return fields(bytes, 1)
    .flatMap((resourceSpans) => fields(resourceSpans, 2))
    .flatMap((scopeSpans) => fields(scopeSpans, 2))
    .map((span) => ({
      traceId: hex(fields(span, 1)[0]),
      spanId: hex(fields(span, 2)[0]),
      parentId: hex(fields(span, 4)[0]),
      name: Buffer.from(fields(span, 5)[0] ?? []).toString(),
    }));
}

function fields(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(bytes);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === wanted) found.push(reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}

function hex(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the telemetry preload', () => {
  it('makes one trace of a request from HTTP over gRPC to SQL, and puts its id into the log', async () => {
    const collector = await startCollector();
    try {
      const lines = await runTracedApp({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'traced-app' });
      const names = collector.spans.map(({ name }) => name).sort();
      expect(names).toEqual(
        expect.arrayContaining([
          'GET /echo',
          expect.stringMatching(/^grpc\.test\.v1\.Echo\/GetEcho/),
          expect.stringMatching(/^pg\.query:platform_ping/),
        ]),
      );
      const [traceId] = new Set(collector.spans.map((span) => span.traceId));
      expect(new Set(collector.spans.map((span) => span.traceId)).size).toBe(1);
      const ids = new Set(collector.spans.map(({ spanId }) => spanId));
      expect(collector.spans.filter(({ parentId }) => !ids.has(parentId))).toHaveLength(1);
      const logged = lines.filter(({ msg }) => msg === 'in the gateway' || msg === 'in the service');
      expect(logged.map(({ trace_id }) => trace_id)).toEqual([traceId, traceId]);
    } finally {
      collector.close();
    }
  });

  it('hands the trace id of the caller on into the logs when nothing is exported', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    for (const flags of ['01', '00', 'ff']) {
      const lines = await runTracedApp({}, { traceparent: `00-${traceId}-b7ad6b7169203331-${flags}` });
      const logged = lines.filter(({ msg }) => msg === 'in the gateway' || msg === 'in the service');
      expect(logged.map(({ trace_id }) => trace_id)).toEqual([traceId, traceId]);
    }
  });

  it.each([
    ['sent none', {}],
    ['sent what is none', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
  ])('makes a trace id where the caller %s', async (_what, headers: Record<string, string>) => {
    const lines = await runTracedApp({}, headers);
    const ids = lines.filter(({ msg }) => String(msg).startsWith('in the')).map(({ trace_id }) => trace_id);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toBe(ids[0]);
  });
});

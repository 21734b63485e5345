import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { invalid, newId, unavailable } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anImport, slowImports } from '../support/fake-imports.ts';
import { rawRequest } from '../support/raw-request.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const csv = 'TRANS DATE;MERCHANT NAME;ORIGINAL GROSS AMT\n03/01/17;DRAFTSMAN LTD;125.50\n';
const megabyte = 1024 * 1024;

/** What came of an upload. `isWhole`: the part that says so came as well, and counts the same bytes. */
const received = { file: undefined as ledger.ImportFile | undefined, chunks: [] as Uint8Array[], isWhole: false };
const receivedBytes = () => Buffer.concat(received.chunks);

/** A ledger that keeps the bytes it gets. */
const recordingLedger = {
  startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
    for await (const { part } of parts) {
      if (part?.$case === 'file') received.file = part.value;
      if (part?.$case === 'chunk') received.chunks.push(part.value);
      if (part?.$case === 'end') received.isWhole = BigInt(receivedBytes().length) === part.value.size;
    }
    return { import: anImport({ fileName: received.file?.name ?? '' }), replayed: false };
  },
};

function forget(): void {
  Object.assign(received, { file: undefined, chunks: [], isWhole: false });
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ handlers: { ledger: recordingLedger } });
});
afterAll(() => gateway.stop());

function send(body: string | Buffer, type = 'text/csv', query = '') {
  forget();
  return rawRequest(gateway, {
    method: 'POST',
    path: `/api/v1/imports${query}`,
    headers: { 'content-type': type },
    body,
  });
}

async function sendForm(parts: [string, string | Blob, string?][]) {
  forget();
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, fileName);
  }
  const answer = await gateway.fetch('/api/v1/imports', { method: 'POST', body: form });
  return { status: answer.status, json: await answer.json() };
}

describe('A file sent as text/csv', () => {
  it('reaches the ledger byte for byte and is answered with 202 and its place', async () => {
    const bytes = Buffer.from([...Buffer.from(csv), 0xe9, 0x00, 0xff]);
    const answer = await send(bytes, 'text/csv; charset=windows-1252', '?file_name=january.csv');
    expect(answer.status).toBe(202);
    expect(answer.headers.location).toBe(`/api/v1/imports/${answer.json().id}`);
    expect(answer.json()).toMatchObject({ status: 'processing', file_name: 'january.csv', failure: null });
    expect(receivedBytes()).toEqual(bytes);
    expect(received.file).toMatchObject({
      ...{ name: 'january.csv', contentType: 'text/csv; charset=windows-1252' },
      ...{ dryRun: false, mapping: undefined, mappingId: '' },
    });
  });

  it('comes with how it is to be read, and may be looked at only', async () => {
    const mapping = encodeURIComponent('{"columns":{"Project":null},"date_format":"MM/DD/YY"}');
    const id = '0197a3c0-9999-7000-8000-000000000001';

    const answer = await send(csv, 'text/csv', `?dry_run=true&mapping_id=${id}&mapping=${mapping}`);

    expect(answer.status).toBe(202);
    expect(received.file).toMatchObject({
      ...{ dryRun: true, mappingId: id },
      mapping: { columns: { Project: '' }, dateFormat: 'MM/DD/YY', delimiter: '' },
    });
  });

  it.each([
    ['no JSON', '{', 'mapping', 'invalid_json'],
    ['a part that is none', '{"comma":","}', 'mapping.comma', 'unknown_field'],
    ['a field that is none', '{"columns":{"Amount":"everything"}}', 'mapping.columns.Amount', 'invalid_value'],
  ])('is refused with a mapping that is %s', async (_what, mapping, field, code) => {
    const answer = await send(csv, 'text/csv', `?mapping=${encodeURIComponent(mapping)}`);

    expect(answer.status).toBe(422);
    expect(answer.json().errors).toEqual([expect.objectContaining({ field, code })]);
    expect(received.file).toBeUndefined();
  });

  it('may be a statement of a bank', async () => {
    expect((await send('OFXHEADER:100\n<OFX></OFX>', 'application/x-ofx')).status).toBe(202);
    expect((await send('<Document/>', 'application/xml')).status).toBe(202);
  });

  it('may be as large as 20 MB', async () => {
    const bytes = Buffer.alloc(20 * megabyte, 'x');
    expect((await send(bytes)).status).toBe(202);
    expect(receivedBytes().equals(bytes)).toBe(true);
  });

  it('is refused beyond that by its length', async () => {
    const answer = await send(Buffer.alloc(21 * megabyte, 'x'));
    expect([answer.status, answer.json().code]).toEqual([413, 'body_too_large']);
    expect(received.isWhole).toBe(false);
  });

  it('is refused beyond that when its length was not told, and the ledger sees no end of it', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: gateway.port,
          method: 'POST',
          path: '/api/v1/imports',
          agent: false,
          headers: {
            authorization: `Bearer ${gateway.token()}`,
            'content-type': 'text/csv',
            'transfer-encoding': 'chunked',
          },
        },
        (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode));
        },
      );
      sent.on('error', reject);
      forget();
      Readable.from(Array.from({ length: 21 }, () => Buffer.alloc(megabyte, 'x'))).pipe(sent);
    });
    expect([answer, received.isWhole]).toEqual([413, false]);
  });

  it('is refused when it is empty', async () => {
    const answer = await send('');
    expect(answer.status).toBe(422);
    expect(answer.json().errors).toEqual([{ field: 'file', code: 'file_empty', message: 'is empty' }]);
  });

  it.each(['\u202evsc.exe', 'card\u200b.csv', 'card\n.csv', '\u2066card.csv'])(
    'is refused under the name %j',
    async (name) => {
      const answer = await send(csv, 'text/csv', `?file_name=${encodeURIComponent(name)}`);
      expect([answer.status, answer.json().errors]).toEqual([
        422,
        [expect.objectContaining({ field: 'file_name', code: 'invisible_characters' })],
      ]);
    },
  );

  it.each(['application/json', 'application/x-www-form-urlencoded', 'application/octet-stream', 'text/html'])(
    'is refused as %s',
    async (type) => {
      const answer = await send(csv, type);
      expect([answer.status, received.isWhole]).toEqual([415, false]);
      expect(answer.json().detail).toContain('text/csv, application/x-ofx, application/xml or text/xml');
    },
  );
});

describe('A file sent in a form', () => {
  it('is found in the field file', async () => {
    const { status, json } = await sendForm([['file', new Blob([csv], { type: 'text/csv' }), 'jänner.csv']]);
    expect([status, json.file_name]).toEqual([202, 'jänner.csv']);
    expect(receivedBytes().toString()).toBe(csv);
  });

  it('keeps only the last part of its name', async () => {
    const { json } = await sendForm([['file', new Blob([csv]), '..\\..\\etc/passwd']]);
    expect(json.file_name).toBe('passwd');
  });

  it('is called what can be seen of its name', async () => {
    const { json } = await sendForm([['file', new Blob([csv]), '\u202evsc.\u200bexe.csv ']]);
    expect(json.file_name).toBe('vsc.exe.csv');
  });

  it('is refused in another field', async () => {
    const { status, json } = await sendForm([['upload', new Blob([csv]), 'a.csv']]);
    expect([status, json.errors]).toEqual([
      422,
      [{ field: 'upload', code: 'unknown_field', message: 'is not a field of this form' }],
    ]);
  });

  it('is refused when it is missing', async () => {
    const boundary = '--x--\r\n';
    const answer = await send(boundary, 'multipart/form-data; boundary=x');
    expect([answer.status, answer.json().errors?.[0]]).toMatchObject([422, { field: 'file', code: 'required' }]);
  });

  it.each<[string, [string, string | Blob, string?][]]>([
    [
      'a second file',
      [
        ['file', new Blob([csv]), 'a.csv'],
        ['file', new Blob([csv]), 'b.csv'],
      ],
    ],
    [
      'a field beside it',
      [
        ['file', new Blob([csv]), 'a.csv'],
        ['mapping', '{}'],
      ],
    ],
  ])('takes no effect with %s behind it', async (_name, parts) => {
    const { status } = await sendForm(parts);
    expect([status, received.isWhole]).toEqual([422, false]);
  });

  it.each([
    ['no boundary', 'multipart/form-data', csv],
    [
      'no end',
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    ],
  ])('is refused with %s', async (_name, type, body) => {
    const answer = await send(body, type);
    expect([answer.status, answer.json().code, received.isWhole]).toEqual([400, 'upload_malformed', false]);
  });
});

describe('An upload', () => {
  it('waits for a ledger that is slow to take it', async () => {
    const { handlers, letGo } = slowImports();
    await using slow = await startGateway({
      handlers: { ledger: handlers },
    });
    let written = 0;
    const source = async function* () {
      for (let chunk = 0; chunk < 200; chunk += 1) {
        written += 1;
        yield Buffer.alloc(100_000, 'x');
      }
    };
    const answering = slow.fetch('/api/v1/imports', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: Readable.toWeb(Readable.from(source())) as never,
      duplex: 'half',
    } as RequestInit);
    let before = -1;
    await eventually(
      () => {
        const isStill = written === before;
        before = written;
        expect(isStill).toBe(true);
      },
      { intervalMs: 200 },
    );
    // Sockets and windows of HTTP/2 hold some of it; the rest waits at its source.
    expect(written).toBeLessThan(150);
    letGo();
    const answer = await answering;
    expect([answer.status, (await answer.json()).rows_total]).toEqual([202, 20_000_000]);
  });

  it('that its sender gives up leaves no trace at the ledger', async () => {
    forget();
    const sent = httpRequest({
      host: '127.0.0.1',
      port: gateway.port,
      method: 'POST',
      path: '/api/v1/imports',
      agent: false,
      headers: { authorization: `Bearer ${gateway.token()}`, 'content-type': 'text/csv', 'content-length': '1000' },
    });
    sent.on('error', () => undefined);
    sent.write(csv);
    await eventually(() => expect(receivedBytes().length).toBeGreaterThan(0));
    sent.destroy();
    const before = gateway.logLines.length;
    await eventually(() => {
      expect(gateway.logLines.slice(before).some(({ status }) => status === 499)).toBe(true);
    });
    expect(received.isWhole).toBe(false);
  });

  it.each([
    ['the ledger finds no table in it', 422, invalid('file', 'not_a_table', 'is no table')],
    ['the ledger is away', 503, unavailable('database_unavailable', 'The database is away')],
  ])('is answered before its end when %s', async (_name, status, error) => {
    await using early = await startGateway({
      handlers: {
        ledger: {
          startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
            for await (const _part of parts) throw rpcError(error);
          },
        },
      },
    });
    const answer = await rawRequest(early, {
      method: 'POST',
      path: '/api/v1/imports',
      headers: { 'content-type': 'text/csv' },
      body: Buffer.alloc(8 * megabyte, 'x'),
    });
    expect(answer.status).toBe(status);
    expect((await early.fetch('/api/v1/imports')).status).toBe(200);
  });
});

describe('What was recognised of a file', () => {
  const format: ledger.ImportFormat = {
    ...{
      kind: 'csv',
      encoding: 'windows-1252',
      delimiter: ';',
      dateFormat: 'DD.MM.YY',
      headerLine: 3,
      decimalMark: ',',
    },
    ...{ amounts: 'spent_negative', credits: 'skip', columns: { Betrag: 'amount', Info: '', Datum: 'expense_date' } },
    defaults: { currency: 'EUR', account: '', category: '', project: '' },
  };

  it.each([
    ['a table', format],
    ['a table without a row', { ...format, dateFormat: '', defaults: undefined }],
    ['our own export', { ...format, kind: 'outlay', dateFormat: 'YYYY-MM-DD' }],
    ['OFX', { ...format, kind: 'ofx', delimiter: '', headerLine: 0, dateFormat: 'YYYY-MM-DD' }],
    ['CAMT.053', { ...format, kind: 'camt053', delimiter: '', headerLine: 0 }],
  ])('can be given back as a mapping as it is, and kept: %s', async (_what, recognised) => {
    const saved: ledger.ImportMappingRules[] = [];
    await using answering = await startGateway({
      handlers: {
        ledger: {
          ...recordingLedger,
          getImport: () => ({ import: anImport({ format: recognised }) }),
          createImportMapping: ({ name, rules }: ledger.CreateImportMappingRequest) => {
            saved.push(rules!);
            const now = new Date();
            const mapping = { id: newId(), name, rules, version: 1n, createdAt: now, updatedAt: now };
            return { mapping, replayed: false };
          },
        },
      },
    });
    const shown = await answering.fetch('/api/v1/imports/0197a3c0-8888-7000-8000-000000000001');
    const { format: mapping } = await shown.json();

    forget();
    const query = new URLSearchParams({ mapping: JSON.stringify(mapping), dry_run: 'true' });
    const started = await answering.fetch(`/api/v1/imports?${query}`, {
      ...{ method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv },
    });
    const kept = await answering.fetch('/api/v1/import-mappings', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name: 'Bank', mapping }),
    });

    expect([started.status, kept.status]).toEqual([202, 201]);
    const nothing = { currency: '', account: '', category: '', project: '' };
    expect(received.file?.mapping).toEqual({ ...recognised, defaults: recognised.defaults ?? nothing });
    expect(saved).toEqual([received.file?.mapping]);
    expect(await kept.json()).toMatchObject({ mapping: { kind: recognised.kind, columns: mapping.columns } });
  });
});

describe.each(['commit', 'undo'])('What an import is asked to do by %s', (what) => {
  const ask = (body: string | undefined) =>
    rawRequest(gateway, {
      method: 'POST',
      path: `/api/v1/imports/0197a3c0-8888-7000-8000-000000000001/${what}`,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body,
    });

  it.each([undefined, '{}'])('is done with the body %s', async (body) => {
    expect((await ask(body)).status).toBe(202);
  });

  it('is refused where it says more than is looked at', async () => {
    const answer = await ask('{"dry_run":true,"keep":["accounts"]}');

    expect([answer.status, answer.json().errors]).toEqual([
      422,
      ['dry_run', 'keep'].map((field) => ({ field, code: 'unknown_field', message: 'is not a field of this request' })),
    ]);
  });
});

describe('A mapping in a form', () => {
  it('comes before the file', async () => {
    const file = new Blob([csv], { type: 'text/csv' });

    const first = await sendForm([
      ['mapping', '{"credits":"skip"}'],
      ['file', file, 'a.csv'],
    ]);
    expect([first.status, received.file?.mapping?.credits]).toEqual([202, 'skip']);

    const late = await sendForm([
      ['file', file, 'a.csv'],
      ['mapping', '{"credits":"skip"}'],
    ]);
    expect([late.status, late.json.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'mapping', code: 'too_late' })],
    ]);
  });
});

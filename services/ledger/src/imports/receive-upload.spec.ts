import { describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { chunkSize, receiveUpload } from './receive-upload.ts';
import { createUploadBudget } from './upload-budget.ts';

async function* parts(...chunks: Buffer[]): AsyncGenerator<ledger.StartImportRequest> {
  const told = { contentType: 'text/csv', dryRun: false, mapping: undefined, mappingId: '' };
  yield { part: { $case: 'file', value: { name: 'C:\\cards\\may\n2017.csv', ...told } } };
  for (const value of chunks) yield { part: { $case: 'chunk', value } };
  yield { part: { $case: 'end', value: { size: BigInt(Buffer.concat(chunks).length) } } };
}

const bytesMax = 10 * chunkSize;
const share = () => createUploadBudget({ bytesMax, bytesMaxOfTenant: bytesMax }).open('acme');
const refusedAs = (code: string) => ({ kind: 'invalid', details: [expect.objectContaining({ field: 'file', code })] });

describe('an upload', () => {
  it('is collected in pieces of one size, and named without its path', async () => {
    const bytes = Buffer.from(Array.from({ length: chunkSize + 10 }, (_, index) => index % 251));
    const small = Array.from({ length: 8 }, (_, index) => bytes.subarray(index * 40_000, (index + 1) * 40_000));

    const file = await receiveUpload(parts(...small), share());

    expect(file).toMatchObject({ name: 'may 2017.csv', contentType: 'text/csv', size: bytes.length });
    expect(Buffer.concat(file.chunks)).toEqual(bytes);
    expect(file.chunks.every((chunk) => chunk.length <= chunkSize)).toBe(true);
  });

  it('must be described once, before its bytes, and have some', async () => {
    const [description, chunk] = [(await parts().next()).value, { part: { $case: 'chunk', value: Buffer.from('x') } }];
    const send = async function* (...messages: unknown[]) {
      yield* messages as ledger.StartImportRequest[];
    };
    await expect(receiveUpload(send(), share())).rejects.toMatchObject(refusedAs('file_missing'));
    await expect(receiveUpload(send(chunk), share())).rejects.toMatchObject(refusedAs('file_missing'));
    await expect(receiveUpload(send(description, description), share())).rejects.toMatchObject(
      refusedAs('file_repeated'),
    );
    await expect(receiveUpload(send(description), share())).rejects.toMatchObject(refusedAs('file_empty'));
  });

  it('is refused where its end is missing or says that bytes are', async () => {
    const cutOff = async function* (keep: number) {
      const all = await Array.fromAsync(parts(Buffer.from('date;'), Buffer.from('amount')));
      yield* all.filter((_message, index) => index < keep || (keep === 2 && index === 3));
    };
    await expect(receiveUpload(cutOff(3), share())).rejects.toMatchObject(refusedAs('file_cut_off'));
    await expect(receiveUpload(cutOff(2), share())).rejects.toMatchObject(refusedAs('file_cut_off'));
  });

  it('is refused as soon as it is too large', async () => {
    let sent = 0;
    const endless = async function* () {
      yield* parts();
      for (;;) {
        sent++;
        yield { part: { $case: 'chunk' as const, value: Buffer.alloc(1_024) } };
      }
    };
    await expect(receiveUpload(endless(), share(), 10 * 1_024)).rejects.toMatchObject(refusedAs('file_too_large'));
    expect(sent).toBe(11);
  });

  it('has no room while others hold it, and has when they are done', async () => {
    const budget = createUploadBudget({ bytesMax: 1_000, bytesMaxOfTenant: 1_000 });
    const [first, second] = [budget.open('acme'), budget.open('brook')];
    await receiveUpload(parts(Buffer.alloc(900)), first);

    const busy = receiveUpload(parts(Buffer.alloc(200)), second);
    await expect(busy).rejects.toMatchObject({ kind: 'unavailable', code: 'imports_busy' });

    first.release();
    await expect(receiveUpload(parts(Buffer.alloc(200)), second)).resolves.toMatchObject({ size: 200 });
  });

  it('leaves room for other tenants, however much one sends', async () => {
    const budget = createUploadBudget({ bytesMax: 1_000, bytesMaxOfTenant: 400 });
    const [first, second] = [budget.open('acme'), budget.open('acme')];
    await receiveUpload(parts(Buffer.alloc(300)), first);

    const busy = receiveUpload(parts(Buffer.alloc(200)), second);
    await expect(busy).rejects.toMatchObject({ kind: 'unavailable', code: 'imports_busy' });
    await expect(receiveUpload(parts(Buffer.alloc(400)), budget.open('brook'))).resolves.toMatchObject({ size: 400 });

    first.release();
    second.release();
    await expect(receiveUpload(parts(Buffer.alloc(400)), budget.open('acme'))).resolves.toMatchObject({ size: 400 });
  });
});

type UploadPart = { part: { $case: 'chunk'; value: Buffer } | { $case: 'end'; value: { size: bigint } } };

/**
 * The bytes of an upload as the ledger takes them. The last part says that the file is whole: to the ledger, an upload that
 * we broke off looks like one that ended.
 */
export async function* toUploadParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<UploadPart> {
  let size = 0;
  for await (const value of chunks) {
    size += value.length;
    yield { part: { $case: 'chunk', value } };
  }
  yield { part: { $case: 'end', value: { size: BigInt(size) } } };
}

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DomainError, invalid, toVisible } from '@outlay/platform';
import busboy from 'busboy';
import { HttpError } from './http-error.ts';
import { assertCleanText, assertNotEncoded, bodyTooLarge } from './read-json.ts';

/** A file on its way in. Its bytes arrive as fast as they are taken, and are kept nowhere. */
export interface Upload {
  name: string;
  contentType: string;
  /** Throws when the file is too large, or when what follows it in the form is not acceptable. */
  chunks: AsyncIterable<Buffer>;
  /** The field `mapping` of the form, as it was sent. */
  mapping?: string | undefined;
}

/** Longest text of a mapping. */
export const mappingMaxLength = 64 * 1024;

/** What a file may be sent as by itself; its kind is told by its bytes all the same. */
const fileTypes = ['text/csv', 'application/x-ofx', 'application/xml', 'text/xml'];

/** Files for import. */
export const uploadMaxBytes = 20 * 1024 * 1024;

const nameMax = 255;

/** Opens the file in a body: the body itself (text/csv and the types of statements), or the field `file` of a form (multipart/form-data). */
export async function openUpload(request: IncomingMessage, fileName: string | undefined): Promise<Upload> {
  const contentType = request.headers['content-type'] ?? '';
  const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  assertNotEncoded(request);
  // The parts of a form come with some wrapping.
  if (Number(request.headers['content-length'] ?? 0) > uploadMaxBytes + 64 * 1024) throw bodyTooLarge(uploadMaxBytes);
  if (mediaType === 'multipart/form-data') return openForm(request, fileName);
  if (fileTypes.includes(mediaType)) {
    return { name: cleanName(fileName ?? ''), contentType, chunks: limited(request) };
  }
  throw new HttpError(
    'media_type_unsupported',
    `Send the file as ${fileTypes.slice(0, -1).join(', ')} or ${fileTypes.at(-1)}, or as multipart/form-data in a field file`,
    { Accept: [...fileTypes, 'multipart/form-data'].join(', ') },
  );
}

/** Opens an XML document that is the body. */
export function openXml(request: IncomingMessage): AsyncIterable<Buffer> {
  const mediaType = ((request.headers['content-type'] ?? '').split(';')[0] ?? '').trim().toLowerCase();
  assertNotEncoded(request);
  if (Number(request.headers['content-length'] ?? 0) > uploadMaxBytes) throw bodyTooLarge(uploadMaxBytes);
  if (xmlTypes.includes(mediaType)) return limited(request);
  throw new HttpError('media_type_unsupported', 'Send the file as application/xml', { Accept: xmlTypes.join(', ') });
}

const xmlTypes = ['application/xml', 'text/xml'];

async function openForm(request: IncomingMessage, fileName: string | undefined): Promise<Upload> {
  const form = parseForm(request);
  return new Promise((resolve, reject) => {
    let isFound = false;
    let mapping: string | undefined;
    const ended = new Promise<void>((end, fail) => {
      const refuse = (error: unknown) => {
        request.unpipe(form);
        fail(error);
        reject(error);
      };
      form.on('file', (field, stream, info) => {
        // A file that nobody reads would hold up the form for ever.
        stream.on('error', () => undefined);
        if (field !== 'file') return refuse(unknownField(field));
        if (isFound) return refuse(invalid('file', 'given_twice', 'may be given only once'));
        isFound = true;
        resolve({
          name: cleanName(fileName ?? info.filename ?? ''),
          contentType: info.mimeType,
          chunks: followed(limited(stream), ended),
          mapping,
        });
      });
      form.on('field', (field, value, info) => {
        if (field !== 'mapping') return refuse(unknownField(field));
        if (isFound) return refuse(invalid('mapping', 'too_late', 'must come before the file'));
        if (mapping !== undefined) return refuse(invalid('mapping', 'given_twice', 'may be given only once'));
        if (info.valueTruncated) return refuse(invalid('mapping', 'too_big', 'is too long'));
        mapping = value;
      });
      form.on('error', () => refuse(malformed()));
      form.on('close', () => (isFound ? end() : refuse(invalid('file', 'required', 'is required'))));
      request.on('close', () => {
        if (!request.complete) refuse(malformed());
      });
    });
    ended.catch(() => undefined);
    request.pipe(form);
  });
}

function parseForm(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { files: 2, fields: 2, parts: 4, headerPairs: 20, fieldSize: mappingMaxLength },
    });
  } catch {
    throw malformed();
  }
}

async function* limited(stream: Readable): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      if (size > uploadMaxBytes) throw bodyTooLarge(uploadMaxBytes);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof HttpError ? error : malformed();
  }
  if (size === 0) throw invalid('file', 'file_empty', 'is empty');
}

/** The stream to the ledger ends, and so takes effect, only when all of the form was seen to be in order. */
async function* followed(chunks: AsyncIterable<Buffer>, ended: Promise<void>): AsyncGenerator<Buffer> {
  yield* chunks;
  await ended;
}

function cleanName(name: string): string {
  assertCleanText(name);
  const base = name.split(/[/\\]/).at(-1) ?? '';
  return toVisible(base.slice(0, nameMax).toWellFormed());
}

function unknownField(field: string): DomainError {
  return invalid(field.slice(0, 64) || 'field', 'unknown_field', 'is not a field of this form');
}

function malformed(): DomainError {
  return new DomainError('unreadable', 'upload_malformed', 'The upload ended early or is not a correct form');
}

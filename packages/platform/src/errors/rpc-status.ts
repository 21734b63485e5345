import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { ErrorDetail } from './domain-error.ts';

/** What of google.rpc.Status is used here: one ErrorInfo and one BadRequest among its details. */
export interface RpcStatus {
  code: number;
  message: string;
  reason: string;
  metadata: Record<string, string>;
  violations: readonly ErrorDetail[];
}

const domain = 'outlay';
const errorInfoType = 'type.googleapis.com/google.rpc.ErrorInfo';
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest';

/** Field numbers and wire types below are those of google/rpc/status.proto and error_details.proto. */
export function encodeRpcStatus(status: RpcStatus): Buffer {
  const writer = new BinaryWriter().uint32(8).int32(status.code).uint32(18).string(status.message);
  writeAny(writer.uint32(26), errorInfoType, encodeErrorInfo(status));
  if (status.violations.length > 0) writeAny(writer.uint32(26), badRequestType, encodeBadRequest(status.violations));
  return Buffer.from(writer.finish());
}

/** Reads a status that any gRPC peer wrote; details of unknown types are skipped. Throws on bytes that are no message. */
export function decodeRpcStatus(bytes: Uint8Array): RpcStatus {
  const status: RpcStatus = { code: 2, message: '', reason: '', metadata: {}, violations: [] };
  forEachField(bytes, (field, reader) => {
    if (field === 1) status.code = reader.int32();
    else if (field === 2) status.message = reader.string();
    else if (field === 3) readDetail(status, reader.bytes());
    else return false;
    return true;
  });
  return status;
}

function writeAny(writer: BinaryWriter, type: string, value: Uint8Array): void {
  writer.fork().uint32(10).string(type).uint32(18).bytes(value).join();
}

function encodeErrorInfo(status: RpcStatus): Uint8Array {
  const writer = new BinaryWriter().uint32(10).string(status.reason).uint32(18).string(domain);
  for (const [key, value] of Object.entries(status.metadata)) {
    writer.uint32(26).fork().uint32(10).string(key).uint32(18).string(value).join();
  }
  return writer.finish();
}

function encodeBadRequest(violations: readonly ErrorDetail[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { field, message, code } of violations) {
    writer.uint32(10).fork().uint32(10).string(field).uint32(18).string(message).uint32(26).string(code).join();
  }
  return writer.finish();
}

function readDetail(status: RpcStatus, bytes: Uint8Array): void {
  let type = '';
  let value: Uint8Array = new Uint8Array();
  forEachField(bytes, (field, reader) => {
    if (field === 1) type = reader.string();
    else if (field === 2) value = reader.bytes();
    else return false;
    return true;
  });
  if (type === errorInfoType) readErrorInfo(status, value);
  if (type === badRequestType) status.violations = readBadRequest(value);
}

function readErrorInfo(status: RpcStatus, bytes: Uint8Array): void {
  const metadata = new Map<string, string>();
  forEachField(bytes, (field, reader) => {
    if (field === 1) status.reason = reader.string();
    else if (field === 3) {
      const [key = '', value = ''] = readStrings(reader.bytes());
      metadata.set(key, value);
    } else return false;
    return true;
  });
  status.metadata = Object.fromEntries(metadata);
}

function readBadRequest(bytes: Uint8Array): ErrorDetail[] {
  const violations: ErrorDetail[] = [];
  forEachField(bytes, (field, reader) => {
    if (field !== 1) return false;
    const [name = '', message = '', code = ''] = readStrings(reader.bytes());
    violations.push({ field: name, code, message });
    return true;
  });
  return violations;
}

/** The first three string fields of a message, by number. */
function readStrings(bytes: Uint8Array): string[] {
  const strings: string[] = [];
  forEachField(bytes, (field, reader) => {
    if (field > 3) return false;
    strings[field - 1] = reader.string();
    return true;
  });
  return strings;
}

function forEachField(bytes: Uint8Array, read: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!read(field, reader)) reader.skip(wireType, field);
  }
}

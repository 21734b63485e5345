import { Metadata } from '@grpc/grpc-js';
import type { CallerContext } from '../context/caller-context.ts';
import { newId } from '../context/ids.ts';

/** What travels beside a request: who asks and under which request. */
export interface CallMetadata {
  token: string | undefined;
  requestId: string;
  idempotencyKey: string | undefined;
  requestDigest: string | undefined;
  tenantId: string | undefined;
}

/** Reads a call's metadata. A request id that is missing or odd is replaced, as it ends up in logs and audit rows. */
export function readCallMetadata(metadata: Metadata): CallMetadata {
  const text = (key: string) => {
    const value = metadata.get(key)[0];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const requestId = text('x-request-id');
  return {
    token: /^Bearer ([\w.~+/=-]+)$/i.exec(text('authorization') ?? '')?.[1],
    requestId: requestId !== undefined && /^[\w.:-]{1,128}$/.test(requestId) ? requestId : newId(),
    idempotencyKey: text('idempotency-key'),
    requestDigest: /^[0-9a-f]{64}$/.exec(text('x-request-digest') ?? '')?.[0],
    tenantId: text('x-tenant-id'),
  };
}

/** Writes a context's metadata, with the token that was chosen for the call. */
export function writeCallMetadata(context: CallerContext, token: string | undefined): Metadata {
  const metadata = new Metadata();
  metadata.set('x-request-id', context.requestId);
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  if (context.idempotencyKey !== undefined) metadata.set('idempotency-key', context.idempotencyKey);
  if (context.requestDigest !== undefined) metadata.set('x-request-digest', context.requestDigest);
  if (context.tenantId !== undefined) metadata.set('x-tenant-id', context.tenantId);
  return metadata;
}

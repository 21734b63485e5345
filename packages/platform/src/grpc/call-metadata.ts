import { Metadata } from '@grpc/grpc-js';
import { propagation, context as telemetryContext } from '@opentelemetry/api';
import type { CallerContext } from '../context/caller-context.ts';
import { newId } from '../context/ids.ts';

/** What travels beside a request: who asks and under which request. */
export interface CallMetadata {
  token: string | undefined;
  requestId: string;
  correlationId: string;
  idempotencyKey: string | undefined;
  requestDigest: string | undefined;
  tenantId: string | undefined;
  client: CallerContext['client'];
}

/** Reads a call's metadata. Ids that are missing or odd are replaced, as they end up in logs, audit rows and events. */
export function readCallMetadata(metadata: Metadata): CallMetadata {
  const text = (key: string) => textIn(metadata, key);
  const id = (key: string) => /^[\w.:-]{1,128}$/.exec(text(key) ?? '')?.[0];
  const requestId = id('x-request-id') ?? newId();
  return {
    token: /^Bearer ([\w.~+/=-]+)$/i.exec(text('authorization') ?? '')?.[1],
    requestId,
    correlationId: id('x-correlation-id') ?? requestId,
    idempotencyKey: text('idempotency-key'),
    requestDigest: /^[0-9a-f]{64}$/.exec(text('x-request-digest') ?? '')?.[0],
    tenantId: text('x-tenant-id'),
    client: readClient(text('x-client-address'), text('x-client-user-agent')),
  };
}

/** The first value of a key, where it is a text with something in it. */
export function textIn(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key)[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Both end up in a log that people read; the user agent is what the client likes. */
function readClient(address: string | undefined, userAgent = ''): CallMetadata['client'] {
  if (address === undefined || !/^[\w.:%-]{1,64}$/.test(address)) return undefined;
  return { address, userAgent: userAgent.replace(/[^ -~]+/g, ' ').slice(0, 256) };
}

/** Writes a context's metadata and the trace of the work in progress, with the token that was chosen for the call. */
export function writeCallMetadata(context: CallerContext, token: string | undefined): Metadata {
  const metadata = new Metadata();
  propagation.inject(telemetryContext.active(), metadata, traceSetter);
  metadata.set('x-request-id', context.requestId);
  if (context.correlationId !== undefined) metadata.set('x-correlation-id', context.correlationId);
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  if (context.idempotencyKey !== undefined) metadata.set('idempotency-key', context.idempotencyKey);
  if (context.requestDigest !== undefined) metadata.set('x-request-digest', context.requestDigest);
  if (context.tenantId !== undefined) metadata.set('x-tenant-id', context.tenantId);
  if (context.client) {
    metadata.set('x-client-address', context.client.address);
    metadata.set('x-client-user-agent', context.client.userAgent.replace(/[^ -~]+/g, ' ').slice(0, 256));
  }
  return metadata;
}

const traceSetter = { set: (metadata: Metadata, key: string, value: string) => metadata.set(key, value) };

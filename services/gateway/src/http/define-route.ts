import type { IncomingMessage } from 'node:http';
import type { AccessRow, tenancy } from '@outlay/contracts';
import type { CallerContext, TenantContext } from '@outlay/platform';
import type { z } from 'zod';
import type { Services } from '../services.ts';
import type { ErrorCode } from './error-codes.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One outcome of an operation. `etag` and `location` say that the header comes with it. */
export interface ResponseSpec {
  description: string;
  schema: z.ZodType;
  example: unknown;
  /** `for_changes`: the version is that of a part of the answer; it does for If-Match and not for If-None-Match. */
  etag?: boolean | 'for_changes';
  location?: boolean;
  /** The name of the file that browsers make of it. */
  attachment?: string;
  /** Of an answer in parts; JSON unless said. */
  mediaType?: string;
}

/** A body that is not JSON and that the handler reads from the request itself. */
export interface UploadSpec {
  description: string;
  content: Readonly<Record<string, { schema: object; example?: unknown }>>;
}

/** What a handler is given, validated. */
export interface Call<A extends AccessRow, P, Q, B> {
  context: A['caller'] extends 'tenant' | 'tenant_or_service' ? TenantContext : CallerContext;
  params: P;
  query: Q;
  body: B;
  /** The version that If-Match names; undefined where any will do. */
  ifMatch: bigint | undefined;
  services: Services;
  clientAddress: string;
  request: IncomingMessage;
  /** The tenant that X-Tenant-Id or the subdomain names, if either is there. Throws tenant_not_found. */
  selectedTenant(): Promise<tenancy.Tenant | undefined>;
  /** A tenant as it was a few seconds ago at most. */
  tenantOf(tenantId: string): Promise<tenancy.Tenant>;
  /** Says how a tenant is now, so that the next request does not see it as it was. */
  rememberTenant(tenant: tenancy.Tenant): void;
  /** Makes access tokens of a session worthless at every gateway. */
  closeSession(sessionId: string): void;
}

/** What a handler answers, and the headers that go with it. */
export type Answer<S extends number = number, T = unknown> = {
  status: S;
  body: T;
  /** The version of what is answered, sent as ETag. */
  version?: bigint;
  location?: string;
  replayed?: boolean;
  /** What is sent in place of the body, part by part as fast as it is taken; of a route that is declared `isInParts`. */
  parts?: AsyncIterable<Uint8Array>;
};

/** One of the declared outcomes, with the body that its schema describes. */
type AnswerOf<R extends Readonly<Record<number, ResponseSpec>>> = {
  [S in keyof R]: S extends number ? Answer<S, z.input<R[S]['schema']>> : never;
}[keyof R];

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface RouteDefinition<
  A extends AccessRow,
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends z.ZodType | undefined,
  R extends Readonly<Record<number, ResponseSpec>>,
> {
  /** Names the operation in the document and in generated clients. */
  operationId: string;
  method: Method;
  /** Beneath /api/v1, with parameters in braces. */
  path: string;
  summary: string;
  description?: string;
  tags: readonly [string, ...string[]];
  /** Who may call: the row of the RPC that it is made of. The service checks again. */
  access: A;
  request?: {
    params?: P;
    query?: Q;
    body?: B;
    bodyExample?: B extends z.ZodType ? z.input<B> : never;
    /** 100 kB unless said. */
    bodyMaxBytes?: number;
    /** May be left out. */
    bodyOptional?: boolean;
    upload?: UploadSpec;
  };
  /** Looks at If-Match. */
  ifMatch?: boolean;
  /** Writes take Idempotency-Key; this says of one that it does not. */
  idempotencyKey?: false;
  /** Whoever sends Idempotency-Key is heard in a session that is closed too: this very request may have closed it. */
  replaysInClosedSession?: boolean;
  /** X-Tenant-Id or the subdomain choose the tenant (public operations; all others hold it against the token). */
  selectsTenant?: boolean;
  responses: R;
  /** The codes beyond those that every operation of its kind may answer with. */
  errors?: readonly ErrorCode[];
  /** The code of the 404 for an id that is none. */
  notFound?: ErrorCode;
  /** Answers in parts: takes a place among what is on its way out instead of one among what is worked on. */
  isInParts?: boolean;
  /** In place of the usual deadline. */
  deadlineMs?: number;
  handle(call: Call<A, Output<P>, Output<Q>, Output<B>>): Promise<AnswerOf<R>>;
}

/** A route whose types have served their purpose. */
export interface Route
  extends Omit<
    RouteDefinition<AccessRow, undefined, undefined, undefined, Readonly<Record<number, ResponseSpec>>>,
    'request' | 'handle'
  > {
  request?: {
    params?: z.ZodObject;
    query?: z.ZodObject;
    body?: z.ZodType;
    bodyExample?: unknown;
    bodyMaxBytes?: number;
    bodyOptional?: boolean;
    upload?: UploadSpec;
  };
  handle(call: Call<AccessRow, unknown, unknown, unknown>): Promise<Answer>;
}

/**
 * Declares one operation. From this come its place in the router, the checks before its handler, and its part of
 * the OpenAPI document.
 */
export function defineRoute<
  A extends AccessRow,
  const R extends Readonly<Record<number, ResponseSpec>>,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<A, P, Q, B, R>): Route {
  return definition as Route;
}

/** Whether anyone may call, so that no token is looked at. */
export function isPublic({ access }: Pick<Route, 'access'>): boolean {
  return access.caller === 'public';
}

/** Whether the caller acts within a tenant, which the request may name as well. */
export function isWithinTenant({ access }: Pick<Route, 'access'>): boolean {
  return access.caller === 'tenant' || access.caller === 'tenant_or_service';
}

/** Whether Idempotency-Key is documented and forwarded. */
export function takesIdempotencyKey(route: Route): boolean {
  return route.method !== 'get' && route.idempotencyKey !== false;
}

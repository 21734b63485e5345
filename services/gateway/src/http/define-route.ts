import type { IncomingMessage } from 'node:http';
import type { tenancy } from '@outlay/contracts';
import type { CallerContext, Role, TenantContext } from '@outlay/platform';
import type { z } from 'zod';
import type { Services } from '../services.ts';
import type { ErrorCode } from './error-codes.ts';

/** Who may call: anyone, a signed-in person, one who acts within a tenant, or the platform admin. */
export type Auth = 'public' | 'user' | 'tenant' | 'platform_admin';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One outcome of an operation. `etag` and `location` say that the header comes with it. */
export interface ResponseSpec {
  description: string;
  schema: z.ZodType;
  example: unknown;
  etag?: boolean;
  location?: boolean;
}

/** A body that is not JSON and that the handler reads from the request itself. */
export interface UploadSpec {
  description: string;
  content: Readonly<Record<string, { schema: object; example?: unknown }>>;
}

/** What a handler is given, validated. */
export interface Call<A extends Auth, P, Q, B> {
  context: A extends 'tenant' ? TenantContext : CallerContext;
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
};

/** One of the declared outcomes, with the body that its schema describes. */
type AnswerOf<R extends Readonly<Record<number, ResponseSpec>>> = {
  [S in keyof R]: S extends number ? Answer<S, z.input<R[S]['schema']>> : never;
}[keyof R];

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

export interface RouteDefinition<
  A extends Auth,
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
  auth: A;
  /** The tenant roles that may call; all where left out. The services check again. */
  roles?: readonly Role[];
  request?: {
    params?: P;
    query?: Q;
    body?: B;
    bodyExample?: B extends z.ZodType ? z.input<B> : never;
    /** May be left away. */
    bodyOptional?: boolean;
    upload?: UploadSpec;
  };
  /** Looks at If-Match. */
  ifMatch?: boolean;
  /** Writes take Idempotency-Key; this says of one that it does not. */
  idempotencyKey?: false;
  /** X-Tenant-Id or the subdomain choose the tenant (public operations; all others hold it against the token). */
  selectsTenant?: boolean;
  responses: R;
  /** The codes beyond those that every operation of its kind may answer with. */
  errors?: readonly ErrorCode[];
  /** The code of the 404 for an id that is none. */
  notFound?: ErrorCode;
  /** In place of the usual deadline. */
  deadlineMs?: number;
  handle(call: Call<A, Output<P>, Output<Q>, Output<B>>): Promise<AnswerOf<R>>;
}

/** A route whose types have served their purpose. */
export interface Route
  extends Omit<
    RouteDefinition<Auth, undefined, undefined, undefined, Readonly<Record<number, ResponseSpec>>>,
    'request' | 'handle'
  > {
  request?: {
    params?: z.ZodObject;
    query?: z.ZodObject;
    body?: z.ZodType;
    bodyExample?: unknown;
    bodyOptional?: boolean;
    upload?: UploadSpec;
  };
  handle(call: Call<Auth, unknown, unknown, unknown>): Promise<Answer>;
}

/**
 * Declares one operation. From this come its place in the router, the checks before its handler, and its part of
 * the OpenAPI document.
 */
export function defineRoute<
  A extends Auth,
  const R extends Readonly<Record<number, ResponseSpec>>,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<A, P, Q, B, R>): Route {
  return definition as Route;
}

/** Whether Idempotency-Key is documented and forwarded. */
export function takesIdempotencyKey(route: Route): boolean {
  return route.method !== 'get' && route.idempotencyKey !== false;
}

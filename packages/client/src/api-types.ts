import type { Pagination, paths } from '../generated/openapi.ts';
import type { RetryPolicy } from './send.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths beneath /api/v1. */
type Api = { [P in keyof paths as P extends `/api/v1${infer Rest}` ? Rest : never]: paths[P] };

/** The paths that have an operation of a method. */
export type PathOf<M extends Method> = {
  [P in keyof Api]: Api[P] extends Record<M, object> ? P : never;
}[keyof Api];

export type OperationOf<M extends Method, P extends PathOf<M>> = Api[P] extends Record<M, infer Op> ? Op : never;

/** What an operation answers when it succeeds; undefined where that has no body. */
export type DataOf<Op> = Op extends { responses: infer R } ? BodyOf<R[keyof R & SuccessStatus]> : never;

type SuccessStatus = 200 | 201 | 202 | 203 | 204;

type BodyOf<R> = R extends { content: infer C } ? C[keyof C] : undefined;

/** The lists that are paged. */
export type ListPath = {
  [P in PathOf<'get'>]: DataOf<OperationOf<'get', P>> extends { data: unknown[]; pagination: Pagination } ? P : never;
}[PathOf<'get'>];

/** What a list holds. */
export type EntryOf<P extends ListPath> =
  DataOf<OperationOf<'get', P>> extends { data: (infer Entry)[] } ? Entry : never;

/** What every call may be given. */
export interface CallOptions {
  /** In place of the key that each write gets; `false` sends none, and then nothing is tried again. */
  idempotencyKey?: string | false;
  /** The `version` that was read: 412 where it is no longer the present one. */
  ifMatch?: number | string;
  /** The tenant, by id or subdomain. */
  tenant?: string;
  /** The media type of a body that is text or bytes. */
  contentType?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** In place of the client's own policy. */
  retry?: RetryPolicy | false;
}

/** What an operation takes: `path`, `query` and `body` as the document says, and the options of every call. */
export type Init<Op> = Part<'path', ParameterOf<Op, 'path'>> &
  Part<'query', ParameterOf<Op, 'query'>> &
  BodyPart<Op> &
  CallOptions;

/** The argument may be left out where nothing in it is required. */
export type InitArgument<Op> = object extends Init<Op> ? [init?: Init<Op>] : [init: Init<Op>];

export interface Answer<Data> {
  data: Data;
  /** Its status and headers; the body has been read. */
  response: Response;
}

type ParameterOf<Op, In extends string> = Op extends { parameters: infer P }
  ? In extends keyof P
    ? NonNullable<P[In]>
    : never
  : never;

type Part<Name extends string, T> = [T] extends [never]
  ? { [N in Name]?: never }
  : object extends T
    ? { [N in Name]?: T }
    : { [N in Name]: T };

type BodyPart<Op> = Op extends { requestBody: { content: infer C } }
  ? { body: Sendable<C[keyof C]> }
  : Op extends { requestBody?: infer B }
    ? [NonNullable<B>] extends [never]
      ? { body?: never }
      : NonNullable<B> extends { content: infer C }
        ? { body?: Sendable<C[keyof C]> }
        : { body?: never }
    : { body?: never };

/** Where a text is taken, so are the bytes of one in whatever encoding. */
type Sendable<Body> = string extends Extract<Body, string> ? Body | Blob | Uint8Array<ArrayBuffer> : Body;

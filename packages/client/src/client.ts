import createFetchClient from 'openapi-fetch';
import type {
  Answer,
  CallOptions,
  DataOf,
  EntryOf,
  Init,
  InitArgument,
  ListPath,
  Method,
  OperationOf,
  PathOf,
} from './api-types.ts';
import { sendAuthorized } from './authorize.ts';
import { contentTypeOf, readBody, serializeBody } from './body.ts';
import { createIdempotencyKey } from './idempotency-key.ts';
import { pages } from './paginate.ts';
import { OutlayProblem, readProblem } from './problem.ts';
import { type RetryPolicy, sendPatiently } from './send.ts';
import { type Credentials, createSessionKeeper, noCredentials, type SessionTokens } from './session.ts';

export interface OutlayClientOptions {
  /** Where the platform is, without /api/v1: `https://outlay.example`. In a browser, '' is the page's own host. */
  baseUrl: string;
  /** In place of the global one. */
  fetch?: (request: Request) => Promise<Response>;
  /** A token that somebody else looks after. It is sent as it is and never renewed; a `session` beside it is not used. */
  accessToken?: string | (() => string | Promise<string>);
  /** A session that was kept from earlier; the client renews it by itself. */
  session?: SessionTokens;
  /** Told of each new session, so that it can be kept, and with undefined once there is none any more. */
  onSession?: (session: SessionTokens | undefined) => void;
  /** How to try reads and keyed writes again; `false` for not at all. */
  retry?: RetryPolicy | false;
}

/** The API, by method and path beneath /api/v1. A call resolves with a success and rejects with an `OutlayProblem`. */
export interface OutlayClient {
  get: Call<'get'>;
  post: Call<'post'>;
  put: Call<'put'>;
  patch: Call<'patch'>;
  delete: Call<'delete'>;
  /** The pages of a list, each fetched when it is asked for. */
  paginate<P extends ListPath>(path: P, ...init: InitArgument<List<P>>): AsyncGenerator<DataOf<List<P>>>;
  /** What is on those pages, one by one. */
  entries<P extends ListPath>(path: P, ...init: InitArgument<List<P>>): AsyncGenerator<EntryOf<P>>;
  /** Logs in and goes on as that person; people of several tenants name one, by id or subdomain. */
  logIn(credentials: Init<LogIn>['body'], options?: Pick<CallOptions, 'tenant' | 'signal'>): Promise<DataOf<LogIn>>;
  /** Closes the session and forgets it. */
  logOut(): Promise<void>;
  /** Goes on with another session, or with none. */
  useSession(session: SessionTokens | undefined): void;
  /** The session as it is now. */
  session(): SessionTokens | undefined;
}

type LogIn = OperationOf<'post', '/auth/login'>;

type Call<M extends Method> = <P extends PathOf<M>>(
  path: P,
  ...init: InitArgument<OperationOf<M, P>>
) => Promise<Answer<DataOf<OperationOf<M, P>>>>;

type List<P extends ListPath> = OperationOf<'get', P>;

/** A client of one platform, for one caller at a time. It keeps no connection and no timer of its own. */
export function createOutlayClient(options: OutlayClientOptions): OutlayClient {
  const { baseUrl, accessToken, fetch = (request) => globalThis.fetch(request), retry = {} } = options;
  const engine = createFetchClient({ baseUrl: `${baseUrl.replace(/\/+$/, '')}/api/v1` });
  const keeper = createSessionKeeper({
    session: options.session,
    refresh: async (refreshToken) => {
      const body = { refresh_token: refreshToken };
      return (await call('post', '/auth/refresh', { body }, noCredentials)).data as SessionTokens;
    },
    isRefused: (error) => error instanceof OutlayProblem && error.status === 401,
    onSession: options.onSession,
  });
  const credentials: Credentials =
    accessToken === undefined
      ? keeper
      : {
          token: async () => (typeof accessToken === 'string' ? accessToken : accessToken()),
          renewed: async () => undefined,
          ended: () => undefined,
        };

  async function call(
    method: Method,
    path: string,
    init: UntypedInit = {},
    as: Credentials = credentials,
  ): Promise<Answer<unknown>> {
    const key = method === 'get' ? undefined : (init.idempotencyKey ?? createIdempotencyKey());
    const policy = key === false ? false : (init.retry ?? retry);
    const exchange = async (request: Request) => {
      const send = (one: Request) => sendAuthorized(one, fetch, as);
      const response = policy === false ? await send(request) : await sendPatiently(request, send, policy);
      if (!response.ok) throw await readProblem(response);
      return response;
    };
    const { response } = await (engine.request as UntypedRequest)(method, path, {
      params: { path: init.path, query: init.query },
      body: init.body,
      bodySerializer: serializeBody,
      headers: headersOf(init, key),
      signal: init.signal,
      fetch: exchange,
      // Left to readBody, which goes by what came.
      parseAs: 'stream',
    });
    return { data: await readBody(response), response };
  }

  const bind = (method: Method) => (path: string, init?: UntypedInit) => call(method, path, init);
  const paginate = (path: string, init: UntypedInit = {}) =>
    pages(
      async (cursor) => (await call('get', path, { ...init, query: { ...init.query, cursor } })).data as UntypedPage,
      init.query?.cursor as string | undefined,
    );

  const client = {
    get: bind('get'),
    post: bind('post'),
    put: bind('put'),
    patch: bind('patch'),
    delete: bind('delete'),
    paginate,
    async *entries(path: string, init?: UntypedInit) {
      for await (const page of paginate(path, init)) yield* page.data;
    },
    async logIn(body: Init<LogIn>['body'], { tenant, signal }: Pick<CallOptions, 'tenant' | 'signal'> = {}) {
      const session = (await call('post', '/auth/login', { body, tenant, signal }, noCredentials))
        .data as DataOf<LogIn>;
      keeper.use(session);
      return session;
    },
    async logOut() {
      try {
        await call('post', '/auth/logout');
      } catch (error) {
        // Closed already, which is what was wanted.
        if (!(error instanceof OutlayProblem && error.status === 401)) throw error;
      }
      keeper.use(undefined);
    },
    useSession: keeper.use,
    session: keeper.current,
  };
  // The document's types are for callers; inside, one untyped call serves every operation.
  return client as unknown as OutlayClient;
}

interface UntypedInit extends CallOptions {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

type UntypedPage = { data: unknown[]; pagination: { next_cursor: string | null } };

type UntypedRequest = (method: Method, path: string, init: object) => Promise<{ response: Response }>;

function headersOf(init: UntypedInit, key: string | false | undefined): Record<string, string | null> {
  const { body, ifMatch, tenant, contentType = contentTypeOf(body) } = init;
  return {
    Accept: 'application/json, application/problem+json, */*;q=0.5',
    // Null where fetch knows better than openapi-fetch, which would say JSON.
    'Content-Type': body === undefined ? null : (contentType ?? null),
    ...(key && { 'Idempotency-Key': key }),
    ...(ifMatch !== undefined && { 'If-Match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
    ...(tenant && { 'X-Tenant-Id': tenant }),
    ...init.headers,
  };
}

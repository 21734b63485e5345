import type { CallerContext, Role, TenantContext } from '../context/caller-context.ts';

/** One RPC as ts-proto describes it (outputServices=grpc-js). */
export interface RpcDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

/** A service as ts-proto describes it: RPCs by their camelCase name. */
export type ServiceDefinition = { readonly [rpc: string]: RpcDefinition };

/** The request message of an RPC. */
export type RequestOf<M extends RpcDefinition> = ReturnType<M['requestDeserialize']>;

/** The response message of an RPC. */
export type ResponseOf<M extends RpcDefinition> = ReturnType<M['responseDeserialize']>;

/**
 * Who may call an RPC. `public`: anyone, no token is looked at. `user`: a user, with or without a tenant.
 * `tenant`: a user or an API key within a tenant. `service`: another service, for the tenant named in x-tenant-id if
 * there is one. `tenant_or_service`: either of the two, for a tenant. `platform_admin`: a user who administers the
 * platform. `tenant_or_platform_admin`: a user within a tenant, or one who administers the platform.
 */
export type Access =
  | 'public'
  | 'user'
  | 'tenant'
  | 'service'
  | 'tenant_or_service'
  | 'platform_admin'
  | 'tenant_or_platform_admin';

/** What an RPC demands of its caller. */
export interface AccessRule {
  readonly caller: Access;
  /** The roles a user must have one of; any when left out. */
  readonly roles?: readonly Role[];
  /** Which services may call, where services may; any when left out. */
  readonly services?: readonly string[];
  /** What an API key must be allowed; keys may not call at all when left out. */
  readonly scope?: string;
  /** The user must have proved who they are a short while ago. */
  readonly freshLogin?: true;
}

/** A rule for every RPC of a service. */
export type AccessRules<D extends ServiceDefinition> = { readonly [R in keyof D]: AccessRule };

type Given<M extends RpcDefinition> = M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>;
type Answered<M extends RpcDefinition> = M['responseStream'] extends true
  ? AsyncIterable<ResponseOf<M>>
  : Promise<ResponseOf<M>>;
type ContextFor<A extends Access> = A extends 'tenant' | 'tenant_or_service' ? TenantContext : CallerContext;

/** A handler for every RPC of a service, given the context that its rule promises; a missing one does not compile. */
export type ServiceHandlers<D extends ServiceDefinition, A extends AccessRules<D>> = {
  readonly [R in keyof D]: (context: ContextFor<A[R]['caller']>, request: Given<D[R]>) => Answered<D[R]>;
};

/** One RPC as a service answers it: who may call, and what is done. */
export interface RpcHandler {
  rule: AccessRule;
  handle: (context: never, request: never) => unknown;
}

/** A service's definition with its handlers, to be given to createGrpcServer. */
export interface BoundService {
  readonly definition: ServiceDefinition;
  readonly handlers: ReadonlyMap<string, RpcHandler>;
}

/** Binds rules and handlers to the service they belong to. Throws where an RPC has none. */
export function defineService<D extends ServiceDefinition, const A extends AccessRules<D>>(
  definition: D,
  rules: A,
  handlers: ServiceHandlers<D, A>,
): BoundService {
  const bound = Object.keys(definition).map((name): [string, RpcHandler] => {
    const rule = rules[name];
    const handle = handlers[name];
    if (!rule || !handle) throw new Error(`${name} has no access rule or no handler`);
    return [name, { rule, handle }];
  });
  return { definition, handlers: new Map(bound) };
}

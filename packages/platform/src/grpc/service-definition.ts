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
 * `tenant`: a user within a tenant. `service`: another service, for the tenant named in x-tenant-id if there is one.
 * `tenant_or_service`: a user within a tenant, or a service that names one. `platform_admin`: a user who administers
 * the platform.
 */
export type Access = 'public' | 'user' | 'tenant' | 'service' | 'tenant_or_service' | 'platform_admin';

type Given<M extends RpcDefinition> = M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>;
type Answered<M extends RpcDefinition> = M['responseStream'] extends true
  ? AsyncIterable<ResponseOf<M>>
  : Promise<ResponseOf<M>>;

/** One RPC as a service answers it: who may call, and what is done. */
export type RpcHandler<M extends RpcDefinition> =
  | {
      access: 'tenant' | 'tenant_or_service';
      /** The roles a user must have one of; any when left out. */
      roles?: readonly Role[];
      handle: (context: TenantContext, request: Given<M>) => Answered<M>;
    }
  | {
      access: Exclude<Access, 'tenant' | 'tenant_or_service'>;
      roles?: undefined;
      handle: (context: CallerContext, request: Given<M>) => Answered<M>;
    };

/** A handler for every RPC of a service; a missing one does not compile. */
export type ServiceHandlers<D extends ServiceDefinition> = { readonly [R in keyof D]: RpcHandler<D[R]> };

/** A service's definition with its handlers, to be given to createGrpcServer. */
export interface BoundService {
  readonly definition: ServiceDefinition;
  readonly handlers: ReadonlyMap<string, RpcHandler<RpcDefinition>>;
}

/** Binds handlers to the service they implement. */
export function defineService<D extends ServiceDefinition>(definition: D, handlers: ServiceHandlers<D>): BoundService {
  return { definition, handlers: new Map(Object.entries(handlers)) };
}

import type { IncomingMessage } from 'node:http';
import type { tenancy } from '@outlay/contracts';
import { anonymousContext, DomainError, forbidden, isDomainError, isUuid, notFound } from '@outlay/platform';
import { LRUCache } from 'lru-cache';
import type { Services } from '../services.ts';
import { exchangeOf } from './exchange.ts';

/** Finds tenants by what a request says of them. */
export interface Tenants {
  /** The tenant that X-Tenant-Id or the Host name select; undefined where neither does. Throws tenant_not_found. */
  selected(request: IncomingMessage): Promise<tenancy.Tenant | undefined>;
  /** Throws tenant_mismatch where the request selects another tenant than the one its token is for. */
  assertSelected(request: IncomingMessage, tenantId: string | undefined): Promise<void>;
  byId(id: string, requestId: string): Promise<tenancy.Tenant>;
  /** Puts what was just changed in place of what was known. */
  remember(tenant: tenancy.Tenant): void;
}

const foundMs = 10_000;
// Short, so that one can log in right after registering at an address that was tried before.
const missingMs = 1_000;

const subdomainPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Names beneath the base domain under which the platform itself is reached. */
const platformNames = new Set(['www', 'api', 'app', 'admin']);

export function createTenants(services: Services, baseDomain: string): Tenants {
  const cache = new LRUCache<string, Promise<tenancy.Tenant>>({ max: 10_000, ttl: foundMs });
  const suffix = `.${baseDomain}`;

  /** Keeps the promise, so that a thousand requests for a new tenant are one call. */
  function find(by: string, requestId: string): Promise<tenancy.Tenant> {
    const known = cache.get(by);
    if (known) return known;
    const finding = resolve(by, requestId).catch((error: unknown) => {
      if (isDomainError(error, 'not_found')) cache.set(by, rejected(error), { ttl: missingMs });
      else cache.delete(by);
      throw error;
    });
    cache.set(by, finding);
    return finding;
  }

  async function resolve(by: string, requestId: string): Promise<tenancy.Tenant> {
    const { tenant } = await services.tenancy.resolveTenant(anonymousContext(requestId), {
      by: isUuid(by) ? { $case: 'tenantId', value: by } : { $case: 'subdomain', value: by },
    });
    if (!tenant) throw new DomainError('internal', 'internal', 'ResolveTenant answered nothing');
    return tenant;
  }

  /** What the request says: the header, the subdomain, or both. */
  function selectors(request: IncomingMessage): string[] {
    const header = request.headers['x-tenant-id'];
    const names: string[] = [];
    if (header !== undefined) names.push(normalised(header));
    const host = (request.headers.host ?? '').replace(/\.?(?::\d+)?$/, '').toLowerCase();
    if (host.endsWith(suffix)) {
      const subdomain = host.slice(0, -suffix.length);
      if (!platformNames.has(subdomain)) names.push(normalised(subdomain));
    }
    return names;
  }

  return {
    async selected(request) {
      const { requestId } = exchangeOf(request);
      const [first, second] = selectors(request);
      if (first === undefined) return undefined;
      const tenant = await find(first, requestId);
      if (second !== undefined && (await find(second, requestId)).id !== tenant.id) throw mismatch();
      return tenant;
    },
    async assertSelected(request, tenantId) {
      for (const by of selectors(request)) {
        if (by === tenantId) continue;
        if ((await find(by, exchangeOf(request).requestId)).id !== tenantId) throw mismatch();
      }
    },
    byId: find,
    remember(tenant) {
      for (const by of [tenant.id, tenant.subdomain]) cache.set(by, Promise.resolve(tenant));
    },
  };
}

function normalised(selector: string | string[]): string {
  const text = String(selector).trim().toLowerCase();
  if (!isUuid(text) && !subdomainPattern.test(text)) throw notFound('tenant_not_found', 'There is no such tenant');
  return text;
}

function mismatch(): DomainError {
  return forbidden('tenant_mismatch', 'The request names another tenant than its token');
}

/** A rejection that is kept must not count as unhandled. */
function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}

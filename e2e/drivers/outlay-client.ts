import { randomUUID } from 'node:crypto';
import { type OutlayClient as ApiClient, createOutlayClient as createApiClient } from '@outlay/client';

/** What came back. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Told;
}

/**
 * What is read of answers, by the names that the API gives it: each field is there in the answers of the operations that
 * have it, or in the entries of a list, which are its `data`. An answer that is no JSON is text.
 */
export interface Told {
  id: string;
  code: string;
  status: string;
  kind: string;
  title: string;
  email: string;
  subdomain: string;
  user_id: string;
  count: number;
  current: boolean;
  archived_at: string | null;
  data: Told[];
  pagination: { next_cursor: string };
  user: { id: string };
  tenant: { id: string } | null;
  access_token: string;
  refresh_token: string;
  secret: string;
  recovery_codes: string[];
}

export interface SignedIn {
  tenantId: string;
  token: string;
  /** As a client of the API calls it: typed, and patient with a platform that asks it to wait. */
  api: ApiClient;
  /** One bare request, as any HTTP client might send it. */
  call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
}

export interface OutlayClient {
  call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Registers a tenant with an owner and signs in as that owner. */
  registerTenant: (settings?: { currency?: string }) => Promise<SignedIn & { email: string; subdomain: string }>;
  signIn: (email: string, password: string) => Promise<SignedIn>;
}

export const ownerPassword = 'Password123';

/** Speaks to the gateway as any HTTP client would; paths are below `/api/v1`. */
export const createOutlayClient = (gatewayUrl: string): OutlayClient => {
  const call: OutlayClient['call'] = async (method, path, body, headers = {}) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData;
    const response = await fetch(`${gatewayUrl}/api/v1${path}`, {
      method,
      headers: { ...(body !== undefined && !raw ? { 'content-type': 'application/json' } : {}), ...headers },
      body:
        body === undefined
          ? undefined
          : raw
            ? (body as string | Uint8Array<ArrayBuffer> | FormData)
            : JSON.stringify(body),
    });
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').includes('json') && text !== '';
    return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
  };

  const signIn: OutlayClient['signIn'] = async (email, password) => {
    const api = createApiClient({ baseUrl: gatewayUrl });
    const { access_token: token, tenant } = await api.logIn({ email, password });
    return {
      tenantId: tenant?.id ?? '',
      token,
      api,
      call: (method, path, body, headers) => call(method, path, body, { authorization: `Bearer ${token}`, ...headers }),
    };
  };

  return {
    call,
    signIn,
    registerTenant: async ({ currency } = {}) => {
      const subdomain = `t-${randomUUID()}`;
      const email = `owner@${subdomain}.example`;
      await createApiClient({ baseUrl: gatewayUrl }).post('/auth/register', {
        body: {
          name: 'Journey Ltd',
          subdomain,
          owner_email: email,
          owner_password: ownerPassword,
          owner_first_name: 'Mara',
          owner_last_name: 'Lind',
        },
      });
      const owner = await signIn(email, ownerPassword);
      if (currency) await owner.api.patch('/tenant', { body: { settings: { currency } } });
      return { ...owner, email, subdomain };
    },
  };
};

/** The id of a session in a list of them that is not the one of whoever asked. */
export function otherSession({ data }: Told): string {
  const other = data.find(({ current }) => !current);
  if (!other) throw new Error('There is no other session');
  return other.id;
}

import { randomUUID } from 'node:crypto';

/** What came back: the body is JSON where there is one. */
export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a journey reads answers as an outside client would, without our types.
  body: any;
}

export interface SignedIn {
  tenantId: string;
  token: string;
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
    const answer = await call('POST', '/auth/login', { email, password });
    if (answer.status !== 200)
      throw new Error(`login of ${email} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const token: string = answer.body.access_token;
    return {
      tenantId: answer.body.tenant?.id,
      token,
      call: (method, path, body, headers) => call(method, path, body, { authorization: `Bearer ${token}`, ...headers }),
    };
  };

  return {
    call,
    signIn,
    registerTenant: async ({ currency } = {}) => {
      const subdomain = `t-${randomUUID()}`;
      const email = `owner@${subdomain}.example`;
      const answer = await call('POST', '/auth/register', {
        name: 'Journey Ltd',
        subdomain,
        owner_email: email,
        owner_password: ownerPassword,
        owner_first_name: 'Mara',
        owner_last_name: 'Lind',
      });
      if (answer.status !== 201)
        throw new Error(`registration answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      const owner = await signIn(email, ownerPassword);
      if (currency) {
        const patched = await owner.call('PATCH', '/tenant', { settings: { currency } });
        if (patched.status !== 200)
          throw new Error(`currency answered ${patched.status}: ${JSON.stringify(patched.body)}`);
      }
      return { ...owner, email, subdomain };
    },
  };
};

import { randomUUID } from 'node:crypto';
import { createOutlayClient, ownerPassword, type SignedIn } from '../drivers/outlay-client.ts';
import type { WireAnswer, WireRequest } from './send.ts';

export const platformAdmin = { email: 'platform@fuzz.example', password: ownerPassword };

/** What a platform must be started with to be a subject. The limits are off: the run is to meet what is behind them. */
export const subjectEnvironment = {
  PLATFORM_ADMIN_EMAIL: platformAdmin.email,
  PLATFORM_ADMIN_PASSWORD: platformAdmin.password,
  RATE_LIMIT_PER_MINUTE: '0',
  LOG_LEVEL: 'warn',
};

/** Kinds of things that an id may name. */
type IdKind = 'expense' | 'category' | 'account' | 'project' | 'import' | 'user' | 'tenant';

/** Stands in a generated request for what is known only when it is sent, so that a seed means the same on another platform. */
export const placeholder = (name: string, index = 0) => `~~${name}-${index}~~`;

/** What placeholders stand for, by name. */
export type Known = Record<string, readonly string[]>;

export function fillPlaceholders(text: string, known: Known): string {
  return text.replace(
    /~~(\w+)-(\d+)~~/g,
    (whole, name: string, index: string) => known[name]?.[Number(index)] ?? whole,
  );
}

/** Whom and what the requests are about: a tenant with something in it, the platform admin, and another tenant's owner. */
export interface Subject {
  /** The text with every placeholder replaced. */
  fill: (text: string) => string;
  /** Makes good what an answer says was used up, so that later requests find something too. */
  renew: (operationId: string, request: WireRequest, answer: WireAnswer) => Promise<void>;
}

const expense = { amount: '12.50', currency: 'EUR', title: 'Tea', expense_date: '2025-02-01', tags: ['fuzz'] };

export async function createSubject(gatewayUrl: string): Promise<Subject> {
  const outlay = createOutlayClient(gatewayUrl);
  const owner = await outlay.registerTenant({ currency: 'EUR' });
  const stranger = await outlay.registerTenant({ currency: 'EUR' });
  const admin = await outlay.signIn(platformAdmin.email, platformAdmin.password);
  const made = async (by: SignedIn, path: string, body: unknown, headers?: Record<string, string>) => {
    const answer = await by.call('POST', path, body, headers);
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body.id as string;
  };
  const several = (make: () => Promise<string>) => Promise.all(Array.from({ length: 4 }, make));
  const csv = () => `Date,Description,Amount\n2025-03-01,Paper ${randomUUID()},4.20\n2025-03-02,not a row,x\n`;
  const ids: Record<IdKind, string[]> = {
    expense: await several(() => made(owner, '/expenses', expense)),
    category: await several(() => made(owner, '/categories', { name: `Category ${randomUUID()}` })),
    account: await several(() =>
      made(owner, '/accounts', { name: `Account ${randomUUID()}`, kind: 'card', currency: 'EUR' }),
    ),
    project: await several(() => made(owner, '/projects', { name: `Project ${randomUUID()}` })),
    import: await several(() => made(owner, '/imports', csv(), { 'content-type': 'text/csv' })),
    user: [(await owner.call('GET', '/users/me')).body.user.id],
    tenant: [owner.tenantId],
  };
  const cursors: string[] = [];
  for (const path of ['/expenses', '/categories', '/accounts', '/projects']) {
    cursors.push((await owner.call('GET', `${path}?limit=1`)).body.pagination.next_cursor);
  }
  const session = (await outlay.call('POST', '/auth/login', { email: owner.email, password: ownerPassword })).body;
  const known: Record<string, readonly string[]> = {
    ...ids,
    cursor: cursors,
    email: [owner.email],
    password: [ownerPassword],
    subdomain: [owner.subdomain],
    ownerToken: [session.access_token],
    adminToken: [admin.token],
    strangerToken: [stranger.token],
    refreshToken: [session.refresh_token],
  };

  const people = [
    ['ownerToken', owner.email],
    ['adminToken', platformAdmin.email],
    ['strangerToken', stranger.email],
  ] as const;

  return {
    fill: (text) => fillPlaceholders(text, known),
    renew: async (operationId, request, answer) => {
      if (answer.status >= 300) return;
      if (operationId === 'reverseExpense') {
        const at = ids.expense.indexOf(JSON.parse(answer.text).id);
        if (at >= 0) ids.expense[at] = await made(owner, '/expenses', expense);
      }
      if (operationId === 'refreshSession') known.refreshToken = [JSON.parse(answer.text).refresh_token];
      if (operationId === 'logOut') {
        const [name, email] =
          people.find(([token]) => request.headers.authorization?.includes(known[token]?.[0] ?? '')) ?? [];
        if (name && email) known[name] = [(await outlay.signIn(email, ownerPassword)).token];
      }
    },
  };
}

import { randomUUID } from 'node:crypto';
import { eventually, unlimited } from '@outlay/testkit';
import { otherSession, type Told } from '../drivers/outlay-client.ts';
import { platformAdminEnvironment } from '../drivers/platform-admin.ts';
import { totpCode } from '../drivers/totp.ts';
import { type Actor, createActors, invite, join, type SubjectPlatform } from './actors.ts';
import type { Operation } from './api-document.ts';
import { callerOf, fillPlaceholders, type Known } from './operation-needs.ts';
import type { WireAnswer, WireRequest } from './send.ts';

/** What a platform must be started with to be a subject. The limits are off: the run is to meet what is behind them. */
export const subjectEnvironment = {
  ...platformAdminEnvironment,
  ...unlimited,
  // Log-ins and mails are counted by address as well; the run has many.
  TRUST_PROXY: '1',
  DEVELOPER_ROUTES: 'true',
  LOG_LEVEL: 'warn',
};

/** Whom and what the requests are about: a tenant with something of everything in it, and people who may be used up. */
export interface Subject {
  /** The text with every placeholder replaced. */
  fill: (text: string) => string;
  /** Sees to it that an operation's first request finds what earlier ones may have ended: a session, or those it closes. */
  prepare: (operation: Operation) => Promise<void>;
  /** Makes good what an answer says was used up, so that later requests find something too. */
  renew: (operationId: string, request: WireRequest, answer: WireAnswer) => Promise<void>;
  close: () => void;
}

/** Tokens last an hour, but what needs a fresh log-in is shut after a quarter of one. */
const freshMs = 8 * 60_000;

/** Fewer than may leave within an hour. */
const invitationsOfHost = 80;

const expense = { amount: '12.50', currency: 'EUR', title: 'Tea', expense_date: '2025-02-01', tags: ['fuzz'] };
const rate = { base_currency: 'USD', quote_currency: 'EUR', rate: '0.9' };
const csv = () => `Date,Description,Amount\n2025-03-01,Paper ${randomUUID()},4.20\n2025-03-02,not a row,x\n`;

export async function createSubject(platform: SubjectPlatform): Promise<Subject> {
  const actors = createActors(platform);
  const { ask, signIn, mailbox } = actors;
  const owner = await actors.newOwner({ isRoomy: true });
  const newGuest = () => actors.newMember(owner.tenantId);
  const people = {
    owner,
    admin: await actors.admin(),
    stranger: await actors.newOwner(),
    newcomer: await actors.newOwner(),
    guest: await newGuest(),
    guarded: await newGuest(),
    heir: await actors.newOwner({ isRoomy: true }),
    host: await actors.newOwner({ isRoomy: true }),
    traveller: await actors.newOwner(),
  } satisfies Record<string, Actor>;
  type Name = keyof typeof people;
  const otherTenant = people.heir.tenantId;
  await join(actors, people.heir, people.traveller);

  const several = (make: () => Promise<string>) => Promise.all(Array.from({ length: 4 }, make));
  // The ledger hears of the owner's larger plan a moment after it is given.
  const made = (path: string, body: object) => eventually(async () => (await ask(owner, 'POST', path, body)).id);
  let rates = 0;
  const newMember = async () => (await newGuest()).userId;
  let invited = 0;
  /** Of a host who has not sent so many that no more leave within the hour. */
  const inviteStranger = async () => {
    if (++invited >= invitationsOfHost) await replace('host');
    return invite(actors, people.host);
  };
  const newInvitation = async () => (await inviteStranger()).id;
  const newKey = async () => (await actors.newKey(owner)).id;
  const newSession = async () => {
    const { email, password } = people.guest;
    await ask(undefined, 'POST', '/auth/login', { email, password });
    const list = () => ask(people.guest, 'GET', '/users/me/sessions');
    // The oldest of many sessions gives way to new ones.
    return otherSession(await list().catch(() => enterAgain('guest').then(list)));
  };
  const newRate = async () => {
    const date = new Date(Date.UTC(2000, 0, 1 + rates++)).toISOString().slice(0, 10);
    return (await ask(owner, 'POST', '/exchange-rates', { ...rate, date })).id;
  };
  const newCategory = () => made('/categories', { name: `Category ${randomUUID()}` });
  const newAccount = () => made('/accounts', { name: `Account ${randomUUID()}`, kind: 'card', currency: 'EUR' });
  const newProject = () => made('/projects', { name: `Project ${randomUUID()}` });
  /** A file that has come as far as `status`: what can be done with it depends on that. */
  const imported = async (path: string, status: string) => {
    const { id } = await ask(owner, 'POST', path, csv(), { type: 'text/csv' });
    const arrived = async () => {
      const now = await ask(owner, 'GET', `/imports/${id}`);
      if (now.status !== status) throw new Error(`The import is ${now.status}, not ${status}`);
    };
    await eventually(arrived, { timeoutMs: 30_000, intervalMs: 50 });
    return id;
  };
  const newImport = () => imported('/imports', 'completed');
  const newPreview = () => imported('/imports?dry_run=true', 'previewed');
  const newMapping = () => made('/import-mappings', { name: `Mapping ${randomUUID()}`, mapping: {} });
  const pools = {
    expense: await several(() => made('/expenses', expense)),
    category: await several(newCategory),
    spare_category: await several(newCategory),
    account: await several(newAccount),
    project: await several(newProject),
    import: [await newImport(), await newPreview(), await newImport(), await newPreview()],
    preview: await several(newPreview),
    booked_import: await several(newImport),
    import_mapping: await several(newMapping),
    exchange_rate: await several(newRate),
    member: await several(newMember),
    invitation: await several(newInvitation),
    api_key: await several(newKey),
    session: await several(newSession),
  };
  const cursors: string[] = [];
  for (const path of ['/expenses', '/categories', '/accounts', '/projects']) {
    cursors.push((await ask(owner, 'GET', `${path}?limit=1`)).pagination.next_cursor);
  }

  const newVerification = async () => mailbox.tokenTo((await actors.newOwner()).email, 'Confirm your address');
  /** Somebody who has forgotten their password, and the token for another. */
  const newReset = async () => {
    const { email, userId } = await newGuest();
    await ask(undefined, 'POST', '/auth/password-reset', { email });
    return { userId, token: await mailbox.tokenTo(email, 'Choose a new password') };
  };
  const newInvitationToken = async () => mailbox.tokenTo((await inviteStranger()).email, 'Join');
  const used = {
    keySecret: (await actors.newKey(owner)).secret,
    successor: await actors.newMember(people.heir.tenantId),
    recoveryCodes: await actors.guard(people.guarded),
    totpSecret: 'A'.repeat(32),
    newPassword: `Violets-${randomUUID()}`,
    verification: await newVerification(),
    reset: await newReset(),
    invitation: await newInvitationToken(),
  };

  let names = 0;
  const known = (): Known => ({
    ...pools,
    freeName: [`Name ${++names}`],
    parent: pools.category,
    mapping: pools.import_mapping,
    ...Object.fromEntries(Object.entries(people).map(([name, { token }]) => [`${name}Token`, [token]])),
    user: [owner.userId],
    tenant: [owner.tenantId],
    otherTenant: [otherTenant],
    subdomain: [owner.subdomain],
    cursor: cursors,
    email: [people.guest.email],
    password: [people.guest.password],
    newPassword: [used.newPassword],
    refreshToken: [people.guest.refreshToken],
    keySecret: [used.keySecret],
    successor: [used.successor.userId],
    verificationToken: [used.verification],
    resetToken: [used.reset.token],
    invitationToken: [used.invitation],
    totpCode: [totpCode(used.totpSecret)],
    recoveryCode: [used.recoveryCodes[0] ?? 'none'],
  });

  /** Whoever has been used up and still belongs to the tenant makes room. */
  const dismiss = (userId: string) => ask(owner, 'DELETE', `/members/${userId}`).catch(() => undefined);

  /** Another in the place of somebody who has been used up. */
  const replace = async (name: 'guest' | 'guarded' | 'newcomer' | 'host'): Promise<void> => {
    const { userId } = people[name];
    if (name === 'newcomer') people.newcomer = await actors.newOwner();
    else if (name === 'host') {
      invited = 0;
      people.host = await actors.newOwner({ isRoomy: true });
      pools.invitation = await several(newInvitation);
    } else {
      await dismiss(userId);
      people[name] = await newGuest();
      if (name === 'guarded') used.recoveryCodes = await actors.guard(people.guarded);
    }
  };

  const enterAgain = async (name: Name): Promise<void> => {
    if (name === 'guarded') await replace(name);
    else if (name === 'guest') await signIn(people.guest).catch(() => replace('guest'));
    else await signIn(people[name]);
  };

  const prepare = async (operation: Operation): Promise<void> => {
    const name = callerOf(operation) as Name;
    await ask(people[name], 'GET', '/auth/me').catch(() => enterAgain(name));
    if (operation.id === 'revokeSession') pools.session = await several(newSession);
  };

  const senderOf = ({ headers }: WireRequest): Name | undefined =>
    (Object.keys(people) as Name[]).find((name) => headers.authorization === `Bearer ${people[name].token}`);

  /** What a refusal says about whoever asked. */
  const afterRefusal = async (id: string, request: WireRequest, { status, text }: WireAnswer): Promise<void> => {
    const code: string = codeOf(text);
    const name = senderOf(request);
    if (status === 401 && shutOut.has(code) && name) await enterAgain(name);
    if (code === 'refresh_token_invalid' && request.body?.includes(people.guest.refreshToken))
      await enterAgain('guest');
    if (status === 429 && (name === 'guest' || name === 'guarded' || name === 'newcomer' || name === 'host'))
      await replace(name);
    if (status === 429 && ['logIn', 'requestPasswordReset'].includes(id)) await replace('guest');
    if (code === 'plan_limit_reached' && name === 'host') await replace('host');
    if (code === 'totp_not_enrolled' && name === 'guest') used.totpSecret = await actors.enroll(people.guest);
    // Whoever signs out everywhere closes all of them at once.
    if (id === 'revokeSession' && status === 404) pools.session = await several(newSession);
  };

  const makers = {
    expense: () => made('/expenses', expense),
    category: newCategory,
    spare_category: newCategory,
    preview: newPreview,
    booked_import: newImport,
    account: newAccount,
    project: newProject,
    exchange_rate: newRate,
    import_mapping: newMapping,
    member: newMember,
    invitation: newInvitation,
    api_key: newKey,
    session: newSession,
  };
  /** Another in the place of what a path names. */
  const refill = async (kind: keyof typeof makers, { path }: WireRequest): Promise<void> => {
    const at = pools[kind].findIndex((id) => path.includes(id));
    if (at >= 0) pools[kind][at] = await makers[kind]();
  };

  const afterSuccess: Record<string, (request: WireRequest, answer: Told) => Promise<unknown> | unknown> = {
    reverseExpense: (request) => refill('expense', request),
    deleteCategory: (request) => refill('spare_category', request),
    commitImport: (request) => refill('preview', request),
    discardImport: (request) => refill('preview', request),
    undoImport: (request) => refill('booked_import', request),
    deleteAccount: (request) => refill('account', request),
    deleteProject: (request) => refill('project', request),
    // What is archived takes no expense any more.
    updateCategory: (request, { archived_at: at }) => at && refill('category', request),
    updateAccount: (request, { archived_at: at }) => at && refill('account', request),
    updateProject: (request, { archived_at: at }) => at && refill('project', request),
    withdrawExchangeRate: (request) => refill('exchange_rate', request),
    deleteImportMapping: (request) => refill('import_mapping', request),
    removeMember: (request) => refill('member', request),
    revokeInvitation: (request) => refill('invitation', request),
    revokeApiKey: (request) => refill('api_key', request),
    revokeSession: (request) => refill('session', request),
    refreshSession: (_, { refresh_token: refreshToken }) => Object.assign(people.guest, { refreshToken }),
    resendInvitation: () => {
      invited++;
    },
    inviteMember: (request, { id }) => {
      invited++;
      const name = senderOf(request);
      return name && ask(people[name], 'DELETE', `/invitations/${id}`);
    },
    acceptInvitation: async (_, { user }) => {
      await ask(people.host, 'DELETE', `/members/${user.id}`).catch(() => undefined);
      used.invitation = await newInvitationToken();
    },
    changePassword: ({ body }) => {
      // As the platform does, without a byte order mark.
      people.guest.password = JSON.parse(new TextDecoder().decode(Buffer.from(body ?? ''))).new_password;
      used.newPassword = `Violets-${randomUUID()}`;
    },
    resetPassword: async () => {
      await dismiss(used.reset.userId);
      used.reset = await newReset();
    },
    verifyEmail: async () => {
      used.verification = await newVerification();
    },
    transferOwnership: () => {
      const { heir } = people;
      people.heir = Object.assign(used.successor, { subdomain: heir.subdomain });
      used.successor = heir;
      return signIn(people.heir);
    },
    eraseMe: () => replace('guest'),
    leaveTenant: () => replace('guest'),
    enrollTotp: (request, { secret }) => {
      if (senderOf(request) === 'guest') used.totpSecret = secret;
    },
    confirmTotp: () => replace('guest'),
    disableTotp: () => replace('guarded'),
    renewRecoveryCodes: (_, answer) => {
      used.recoveryCodes = answer.recovery_codes;
    },
  };

  return {
    fill: (text) => fillPlaceholders(text, known()),
    prepare,
    close: actors.close,
    renew: async (id, request, answer) => {
      if (answer.status >= 300) await afterRefusal(id, request, answer);
      // What was answered again has had its effect long ago.
      else if (answer.headers['idempotent-replayed'] === undefined)
        await afterSuccess[id]?.(request, answer.text === '' ? undefined : JSON.parse(answer.text));
      for (const name of Object.keys(people) as Name[]) {
        if (Date.now() - people[name].signedInAt > freshMs) await enterAgain(name);
      }
    },
  };
}

/** Refusals that a new log-in ends. */
const shutOut = new Set(['session_revoked', 'token_expired', 'token_invalid', 'fresh_login_required']);

function codeOf(text: string): string {
  return /"code":"(\w+)"/.exec(text)?.[1] ?? '';
}

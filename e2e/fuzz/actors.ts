import { randomUUID } from 'node:crypto';
import { scopes } from '@outlay/contracts';
import { eventually, type TestPlatform } from '@outlay/testkit';
import { createProvisioner } from '../drivers/add-members.ts';
import { type Mailbox, openMailbox } from '../drivers/mailbox.ts';
import { type Answer, createOutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { platformAdmin, raisePlan } from '../drivers/platform-admin.ts';
import { totpCode } from '../drivers/totp.ts';

/** A person of the run, with one open session. */
export interface Actor {
  email: string;
  password: string;
  userId: string;
  tenantId: string;
  token: string;
  refreshToken: string;
  signedInAt: number;
}

export type SubjectPlatform = Pick<TestPlatform, 'gatewayUrl' | 'addressOf' | 'serviceClientSecret' | 'logDirectory'>;

interface AskedWith {
  type?: string;
  tenantId?: string;
}

/** Makes the people of a run, and does in their name what keeps it going. */
export interface Actors {
  mailbox: Mailbox;
  /** A request of an actor that has to succeed; answers the body. */
  ask: (
    by: Actor | undefined,
    method: string,
    path: string,
    body?: unknown,
    more?: AskedWith,
  ) => Promise<Answer['body']>;
  /** Opens another session and keeps it as the actor's. */
  signIn: (actor: Actor) => Promise<void>;
  /** Somebody who owns a new tenant, which has room for 25 where asked for. */
  newOwner: (options?: { isRoomy: boolean }) => Promise<Actor & { subdomain: string }>;
  newMember: (tenantId: string) => Promise<Actor>;
  admin: () => Promise<Actor>;
  /** Answers the secret of a second factor that awaits its first code. */
  enroll: (actor: Actor) => Promise<string>;
  /** Switches the second factor on; answers the recovery codes. */
  guard: (actor: Actor) => Promise<string[]>;
  newKey: (owner: Actor) => Promise<{ id: string; secret: string }>;
  close: () => void;
}

/** Not what owners have, so that a guest's password never ends anybody else. */
const guestPassword = 'Dahlias-4-guests';

export function createActors(platform: SubjectPlatform): Actors {
  const outlay = createOutlayClient(platform.gatewayUrl);
  const provisioner = createProvisioner(platform);
  const mailbox = openMailbox(platform);
  let calls = 0;
  // From an address of its own each time: what is counted by address is not what the run is about.
  const place = () => ({ 'x-forwarded-for': `172.16.${(calls >> 8) & 255}.${calls++ & 255}` });

  const ask: Actors['ask'] = async (by, method, path, body, { type, tenantId } = {}) => {
    const headers = {
      ...place(),
      ...(by && { authorization: `Bearer ${by.token}` }),
      ...(type && { 'content-type': type }),
      ...(tenantId && { 'x-tenant-id': tenantId }),
    };
    const answer = await outlay.call(method, path, body, headers);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const signIn: Actors['signIn'] = async (actor) => {
    const { email, password, tenantId } = actor;
    const session = await ask(undefined, 'POST', '/auth/login', { email, password }, { tenantId });
    Object.assign(actor, {
      userId: session.user.id,
      tenantId: session.tenant?.id ?? '',
      token: session.access_token,
      refreshToken: session.refresh_token,
      signedInAt: Date.now(),
    });
  };
  const enter = async (email: string, password: string): Promise<Actor> => {
    const actor = { email, password, userId: '', tenantId: '', token: '', refreshToken: '', signedInAt: 0 };
    await signIn(actor);
    return actor;
  };

  const enroll: Actors['enroll'] = async (actor) => (await ask(actor, 'POST', '/users/me/totp')).secret;

  return {
    mailbox,
    ask,
    signIn,
    newOwner: async (options) => {
      const subdomain = `t-${randomUUID()}`;
      const email = `owner@${subdomain}.example`;
      await ask(undefined, 'POST', '/auth/register', {
        ...{ name: 'Fuzz Ltd', subdomain, owner_email: email, owner_password: ownerPassword },
        ...{ owner_first_name: 'Mara', owner_last_name: 'Lind' },
      });
      const owner = { ...(await enter(email, ownerPassword)), subdomain };
      await ask(owner, 'PATCH', '/tenant', { settings: { currency: 'EUR' } });
      if (options?.isRoomy) await raisePlan(outlay, owner.tenantId);
      return owner;
    },
    newMember: async (tenantId) => {
      const { email, password } = await provisioner.addMember(tenantId, 'member', { password: guestPassword });
      return enter(email, password);
    },
    admin: () => enter(platformAdmin.email, platformAdmin.password),
    enroll,
    guard: async (actor) => {
      const code = totpCode(await enroll(actor));
      return (await ask(actor, 'POST', '/users/me/totp/confirm', { code })).recovery_codes;
    },
    newKey: (owner) => ask(owner, 'POST', '/api-keys', { name: `Key ${randomUUID()}`, scopes: Object.keys(scopes) }),
    close: () => provisioner.close(),
  };
}

/** Invites a stranger; until identity has heard of the plan there is no room. */
export function invite({ ask }: Actors, host: Actor): Promise<{ id: string; email: string }> {
  const email = `${randomUUID()}@invited.example`;
  return eventually(() => ask(host, 'POST', '/invitations', { email, role: 'member' }), {
    timeoutMs: 20_000,
    intervalMs: 100,
  });
}

/** Makes somebody who owns a tenant a member of another as well. */
export async function join({ ask, mailbox }: Actors, host: Actor, { email, password }: Actor): Promise<void> {
  const inviting = () => ask(host, 'POST', '/invitations', { email, role: 'member' });
  await eventually(inviting, { intervalMs: 100 });
  const token = await mailbox.tokenTo(email, 'Join');
  await ask(undefined, 'POST', '/invitations/accept', { token, password });
}

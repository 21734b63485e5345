import { anonymousContext, type CallerContext } from '@outlay/platform';
import { bearing, password, type TestIdentity } from './start-identity.ts';

export const laptop = { address: '192.0.2.7', userAgent: 'Laptop/1.0' };
export const phone = { address: '2001:db8::9', userAgent: 'Phone/2.0' };
export const keyed = (context: CallerContext, idempotencyKey: string): CallerContext => ({
  ...context,
  idempotencyKey,
});
export const from = (client: CallerContext['client'], more: Partial<CallerContext> = {}) => ({
  ...anonymousContext(),
  client,
  ...more,
});
export const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

/** Logging in, from whichever device, and what the security log says of it. */
export function sessionsOf(running: () => TestIdentity) {
  const logIn = (email: string, context = anonymousContext(), given: object = {}) =>
    running().client.login(context, {
      email,
      password,
      tenantId: '',
      clientAddress: '192.0.2.1',
      code: '',
      ...given,
    });
  const signedIn = async (client: CallerContext['client'] = laptop) => {
    const owner = await running().createOwner();
    const { session } = await logIn(owner.email, from(client));
    return { owner, session: session!, context: bearing(session!.accessToken) };
  };
  const eventsOf = (tenantId: string, kind: string) =>
    running().query<{ user_id: string; details: Record<string, unknown>; client_address: string; user_agent: string }>(
      `select user_id, details, client_address, user_agent from identity.security_events
     where tenant_id = $1 and kind = $2 order by recorded_at`,
      [tenantId, kind],
    );
  const told = () => running().query("select identity_jobs.add_job('distribute_sign_in_failures')");
  const memberOf = async (owner: { email: string }, role = 'analyst') => {
    const other = await running().createOwner();
    await running().client.addMember(await running().asService(other.tenantId), {
      email: owner.email,
      password,
      firstName: 'x',
      lastName: 'y',
      role,
    });
    return other;
  };
  return { logIn, signedIn, eventsOf, told, memberOf };
}

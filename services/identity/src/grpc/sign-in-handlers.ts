import { parseInput, parsePage, toPage } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import { loginSchema } from './request-schemas.ts';
import { toSessionResponse } from './responses.ts';
import {
  positionSchema,
  reauthenticateSchema,
  refreshSchema,
  sessionIdSchema,
  switchTenantSchema,
} from './sign-in-schemas.ts';

type Rpc =
  | 'login'
  | 'refreshSession'
  | 'reauthenticate'
  | 'switchTenant'
  | 'logout'
  | 'logoutEverywhere'
  | 'listSessions'
  | 'revokeSession';

/** Sessions: opening, going on with, and closing them. */
export function signInHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    async login(context, request) {
      const login = parseInput(loginSchema, {
        email: request.email,
        password: request.password,
        code: request.code,
        tenant_id: request.tenantId,
        client_address: request.clientAddress,
      });
      const { answer, replayed } = await identity.logIn(context, {
        email: login.email,
        password: login.password,
        code: login.code,
        tenantId: login.tenant_id,
        clientAddress: login.client_address,
      });
      return toSessionResponse(answer, replayed);
    },

    async refreshSession(context, request) {
      const { tenant_id: tenantId } = parseInput(refreshSchema, { tenant_id: request.tenantId });
      const { refreshToken } = request;
      const { answer, replayed } = await identity.refreshSession(context, { refreshToken, tenantId });
      return toSessionResponse(answer, replayed);
    },

    async reauthenticate(context, request) {
      const { password, code } = parseInput(reauthenticateSchema, request);
      const { answer, replayed } = await identity.reauthenticate(context, { password, code });
      return { accessToken: answer.token, expiresInSeconds: answer.expiresInSeconds, replayed };
    },

    async switchTenant(context, request) {
      const { tenant_id: tenant } = parseInput(switchTenantSchema, { tenant_id: request.tenantId });
      const { answer, replayed } = await identity.switchTenant(context, { tenant });
      return toSessionResponse(answer, replayed);
    },

    async logout(context) {
      const { answer, replayed } = await identity.logOut(context);
      return { ...answer, replayed };
    },

    async logoutEverywhere(context) {
      const { answer, replayed } = await identity.logOutEverywhere(context);
      return { ...answer, replayed };
    },

    async listSessions(context, request) {
      const { limit, after } = parsePage(request.page, positionSchema);
      const found = await identity.listSessions(context, { after, count: limit + 1 });
      const { entries, page } = toPage(found, limit, (last) => [last.lastUsedAt.getTime(), last.id]);
      const sessions = entries.map((session) => ({
        ...session,
        tenantId: session.tenantId ?? '',
        current: session.id === context.sessionId,
      }));
      return { sessions, page };
    },

    async revokeSession(context, request) {
      const { session_id: sessionId } = parseInput(sessionIdSchema, { session_id: request.sessionId });
      const { answer, replayed } = await identity.revokeSession(context, { sessionId });
      return { ...answer, replayed };
    },
  };
}

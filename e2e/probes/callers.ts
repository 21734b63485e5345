import { scopes } from '@outlay/contracts';
import { anonymousContext } from '@outlay/platform';
import type { TestPlatform } from '@outlay/testkit';
import { addMembers, createProvisioner } from '../drivers/add-members.ts';
import type { OutlayClient, SignedIn } from '../drivers/outlay-client.ts';
import { ownerPassword } from '../drivers/outlay-client.ts';
import { platformAdmin, raisePlan } from '../drivers/platform-admin.ts';
import type { CallerKind } from './role-table.ts';

/** One of each kind of caller about one tenant. */
export interface Callers {
  owner: SignedIn & { email: string; subdomain: string };
  emails: Record<Exclude<CallerKind, 'anyone' | 'apiKey'>, string>;
  /** What goes into the Authorization header; undefined for anyone. The same session each time, unless it is `renewed`. */
  tokenOf: (caller: CallerKind, renewed?: boolean) => Promise<string | undefined>;
  /** What a service is shown: of a key, the short-lived token that identity gives a gateway for it. */
  serviceTokenOf: (caller: CallerKind) => Promise<string | undefined>;
}

export async function gatherCallers(outlay: OutlayClient, platform: TestPlatform): Promise<Callers> {
  const owner = await outlay.registerTenant({ currency: 'EUR' });
  await raisePlan(outlay, owner.tenantId);
  const made = await addMembers(platform, owner.tenantId, ['admin', 'analyst', 'member']);
  const emails = {
    owner: owner.email,
    admin: made.admin.email,
    analyst: made.analyst.email,
    member: made.member.email,
    platformAdmin: platformAdmin.email,
  };
  const key = await owner.call('POST', '/api-keys', { name: 'Probe', scopes: Object.keys(scopes) });
  const { secret } = key.body;
  const tokens = new Map<CallerKind, string>([['apiKey', secret]]);

  const tokenOf: Callers['tokenOf'] = async (caller, renewed = false) => {
    if (caller === 'anyone') return undefined;
    if (caller !== 'apiKey' && (renewed || !tokens.has(caller))) {
      const password = caller === 'platformAdmin' ? platformAdmin.password : ownerPassword;
      tokens.set(caller, (await outlay.signIn(emails[caller], password)).token);
    }
    return tokens.get(caller);
  };
  return {
    owner,
    emails,
    tokenOf,
    serviceTokenOf: async (caller) => {
      if (caller !== 'apiKey') return tokenOf(caller);
      const provisioner = createProvisioner(platform);
      try {
        const context = { ...anonymousContext(), token: await provisioner.tokenOf('gateway') };
        return (await provisioner.client.exchangeApiKey(context, { secret })).accessToken;
      } finally {
        provisioner.close();
      }
    },
  };
}

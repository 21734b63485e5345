import { afterEach, describe, expect, it } from '@jest/globals';
import { anonymousContext } from '@outlay/platform';
import { createTcpProxy, eventually, type TcpProxy } from '@outlay/testkit';
import { startTenancy } from './driver/start-tenancy.ts';

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

const failing = async (opsPort: number): Promise<string[]> => {
  const answer = (await (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).json()) as { failing: string[] };
  return answer.failing;
};

describe('the service', () => {
  it('is not ready while identity has not told its keys, and gets ready by itself', async () => {
    let isAway = true;
    const loadKeys = async () => {
      if (isAway) throw new Error('identity is away');
      return { keys: [] };
    };

    const tenancy = await startTenancy({ overrides: { loadKeys }, isAwaited: false });
    running.push(tenancy);

    expect(await failing(tenancy.opsPort)).toContain('keys');
    await expect(tenancy.client.ping()).rejects.toMatchObject({ kind: 'unavailable' });
    isAway = false;
    await eventually(() => tenancy.client.ping());
    expect(await failing(tenancy.opsPort)).toEqual([]);
  });

  it('refuses at once while the database is away, says so, and serves again when it is back', async () => {
    let proxy: TcpProxy | undefined;
    const tenancy = await startTenancy({
      databaseUrl: async (url) => {
        proxy = await createTcpProxy(url);
        running.push({ stop: proxy.close });
        return proxy.url(url);
      },
    });
    running.push(tenancy);
    const { subdomain } = await tenancy.registered();

    await proxy!.refuse();
    await expect(tenancy.resolve(subdomain)).rejects.toMatchObject({ kind: 'unavailable' });
    await eventually(async () => expect(await failing(tenancy.opsPort)).toEqual(['database']));
    await proxy!.resume();

    const { tenant } = await eventually(() => tenancy.resolve(subdomain));
    expect(tenant).toMatchObject({ subdomain });
    await expect(tenancy.register()).resolves.toBeDefined();
    await eventually(async () => expect(await failing(tenancy.opsPort)).toEqual([]));
  });
});

describe('the nightly clean-up', () => {
  it('forgets completed registrations and keys after two days, and keeps tenants and their subdomains', async () => {
    let aheadMs = 0;
    const tenancy = await startTenancy({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
    running.push(tenancy);
    const old = await tenancy.registered();
    await tenancy.query(`
      insert into tenancy_billing.idempotency_keys (tenant_id, actor_id, operation, key, request_hash, created_at)
      values ('${old.id}', 'somebody', 'UpdateTenant', 'old', '', now() - interval '3 days'),
        ('${old.id}', 'somebody', 'UpdateTenant', 'new', '', now() + interval '3 days')`);
    aheadMs = 3 * 24 * 3_600_000;

    await eventually(() => tenancy.query("select tenancy_billing_jobs.add_job('purge_expired')"));

    await eventually(async () =>
      expect(await tenancy.query('select id from tenancy_billing.registrations')).toEqual([]),
    );
    await eventually(async () =>
      expect(await tenancy.query('select key from tenancy_billing.idempotency_keys')).toEqual([{ key: 'new' }]),
    );
    expect((await tenancy.resolve(old.subdomain)).tenant).toEqual(old);
    await expect(tenancy.register({ subdomain: old.subdomain })).rejects.toMatchObject({ code: 'subdomain_taken' });
    const { plans } = await tenancy.client.listPlans(anonymousContext(), { page: undefined });
    expect(plans).toHaveLength(2);
  });
});

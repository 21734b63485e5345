import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { tenancy } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, createSilentLogger, newId } from '@outlay/platform';
import { createTcpProxy, eventually, newTenant, startPlatform, type TcpProxy } from '@outlay/testkit';
import pg from 'pg';
import { createOutlayClient, ownerPassword } from '../drivers/outlay-client.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

type Platform = Awaited<ReturnType<typeof startPlatform>>;

/** A registration that is stopped on its way, and all that a test can do to it there. */
interface OnTheWay {
  registration: tenancy.RegisterTenantRequest;
  platform: Platform;
  /** Between whoever registers and tenancy-billing. */
  proxy: TcpProxy;
  /** Lets what was stopped go on. */
  release(): Promise<void>;
  isOwnerThere(): Promise<boolean>;
  isTenantThere(): Promise<boolean>;
}

/** Where it is stopped: at the claim, at the owner, at the tenant; each just before the row is written. */
const places = {
  claim: 'tenancy_billing.subdomains',
  owner: 'identity.users',
  tenant: 'tenancy_billing.tenants',
} as const;

/** What happens there. Everybody who was killed or frozen is at work again afterwards. */
const crashes: {
  name: string;
  at: keyof typeof places;
  crash(way: OnTheWay): Promise<unknown>;
  /** Whether an owner is there after the crash, if that is certain. */
  leavesOwner?: boolean;
}[] = [
  {
    name: 'tenancy-billing is killed before the claim',
    at: 'claim',
    crash: ({ platform }) => platform.killService('tenancy-billing'),
    leavesOwner: false,
  },
  {
    name: 'tenancy-billing is killed after the claim, while identity is at the owner',
    at: 'owner',
    crash: ({ platform }) => platform.killService('tenancy-billing'),
  },
  {
    name: 'identity is killed before the owner is written',
    at: 'owner',
    crash: ({ platform }) => platform.killService('identity'),
    leavesOwner: false,
  },
  {
    name: 'both are killed before the owner is written',
    at: 'owner',
    crash: ({ platform }) => Promise.all([platform.killService('identity'), platform.killService('tenancy-billing')]),
    leavesOwner: false,
  },
  {
    name: 'the answer of identity comes too late for tenancy-billing',
    at: 'owner',
    async crash({ platform, release, isOwnerThere }) {
      await platform.killService('tenancy-billing', 'SIGSTOP');
      await release();
      await eventually(async () => expect(await isOwnerThere()).toBe(true));
      // Past the deadline of its call.
      await delay(3_000);
      await platform.killService('tenancy-billing', 'SIGCONT');
    },
    leavesOwner: true,
  },
  {
    name: 'both are killed after the owner is there, before tenancy-billing has heard of it',
    at: 'owner',
    async crash({ platform, release, isOwnerThere }) {
      await platform.killService('tenancy-billing', 'SIGSTOP');
      await release();
      await eventually(async () => expect(await isOwnerThere()).toBe(true));
      await Promise.all([platform.killService('identity'), platform.killService('tenancy-billing')]);
    },
    leavesOwner: true,
  },
  {
    name: 'tenancy-billing is killed while it makes the tenant',
    at: 'tenant',
    crash: ({ platform }) => platform.killService('tenancy-billing'),
    leavesOwner: true,
  },
  {
    name: 'tenancy-billing is killed once the tenant is there, and its answer is lost',
    at: 'tenant',
    async crash({ platform, proxy, release, isTenantThere }) {
      proxy.hang();
      await release();
      await eventually(async () => expect(await isTenantThere()).toBe(true));
      await platform.killService('tenancy-billing');
    },
    leavesOwner: true,
  },
];

describe('a registration that a crash cuts off', () => {
  let platform: Platform;
  let proxy: TcpProxy;
  let admin: pg.Pool;
  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded' });
    const [host = '', port] = platform.addressOf('tenancy-billing').split(':');
    proxy = await createTcpProxy({ host, port: Number(port) });
    admin = new pg.Pool({ connectionString: platform.database.adminUrl, max: 3 });
  }, 240_000);
  afterAll(async () => {
    await proxy?.close();
    await admin?.end();
    await platform?.stop();
  });

  const countOf = async (table: string, column: string, value: string): Promise<number> => {
    const { rows } = await admin.query(`select count(*)::int as count from ${table} where lower(${column}) = $1`, [
      value,
    ]);
    return rows[0].count;
  };

  function newRegistration(): tenancy.RegisterTenantRequest {
    const { name, subdomain } = newTenant();
    const ownerEmail = `owner@${subdomain}.example`;
    return { name, subdomain, ownerEmail, ownerPassword, ownerFirstName: 'Mara', ownerLastName: 'Lind' };
  }

  /** One request, as the gateway sends it; a new connection, as the ones before were lost. */
  async function register(registration: tenancy.RegisterTenantRequest, idempotencyKey: string | undefined) {
    const address = `${proxy.host}:${proxy.port}`;
    const logger = createSilentLogger();
    const client = createGrpcClient(tenancy.TenancyBillingServiceService, { address, logger, deadlineMs: 5_000 });
    try {
      return await client.registerTenant({ ...anonymousContext(), idempotencyKey }, registration);
    } finally {
      client.close();
    }
  }

  /** Holds whoever wants to write to a table, until released. */
  async function hold(table: string): Promise<() => Promise<void>> {
    const holder = await admin.connect();
    await holder.query(`begin; set local lock_timeout = '2s'; lock table ${table} in share row exclusive mode`);
    let isHeld = true;
    return async () => {
      if (!isHeld) return;
      isHeld = false;
      await holder.query('rollback');
      holder.release();
    };
  }

  const isSomebodyWaiting = async (table: string): Promise<boolean> => {
    const { rows } = await admin.query('select 1 from pg_locks where relation = $1::regclass and not granted', [table]);
    return rows.length > 0;
  };

  /** Begins a registration, stops it at the place, has it crash, and puts everybody to work again. */
  async function crashAt(
    { at, crash, leavesOwner }: (typeof crashes)[number],
    registration: tenancy.RegisterTenantRequest,
    idempotencyKey: string | undefined,
  ): Promise<void> {
    const release = await hold(places[at]);
    try {
      const answer = register(registration, idempotencyKey).catch((error: unknown) => error);
      await eventually(async () => expect(await isSomebodyWaiting(places[at])).toBe(true), { intervalMs: 5 });
      await crash({
        registration,
        platform,
        proxy,
        release,
        isOwnerThere: async () => (await countOf('identity.users', 'email', registration.ownerEmail)) > 0,
        isTenantThere: async () => (await countOf('tenancy_billing.tenants', 'subdomain', registration.subdomain)) > 0,
      });
      await release();
      proxy.cut();
      await proxy.resume();
      await answer;
    } finally {
      await release();
    }
    for (const service of ['identity', 'tenancy-billing']) {
      if (platform.pidOf(service) === undefined) await platform.startService(service);
    }
    // Nobody is at it any more.
    await eventually(async () => expect(await isSomebodyWaiting(places[at])).toBe(false));
    if (leavesOwner !== undefined) {
      const owners = await countOf('identity.users', 'email', registration.ownerEmail);
      expect(owners).toBe(leavesOwner ? 1 : 0);
    }
  }

  /** Runs the job that each minute settles what nobody has worked on for a minute. */
  async function settle({ subdomain }: tenancy.RegisterTenantRequest): Promise<void> {
    await eventually(
      async () => {
        await admin.query(
          `update tenancy_billing.registrations set attempted_at = attempted_at - interval '2 minutes'
        where subdomain = $1 and completed_at is null`,
          [subdomain],
        );
        await admin.query(`select tenancy_billing_jobs.add_job('settle_registrations')`);
        await delay(100);
        const { rows } = await admin.query(
          'select 1 from tenancy_billing.registrations where subdomain = $1 and completed_at is null',
          [subdomain],
        );
        expect(rows).toEqual([]);
      },
      { timeoutMs: 60_000 },
    );
  }

  const mailsTo = async (address: string): Promise<string[]> => {
    const directory = join(platform.logDirectory, 'mail');
    const names = await readdir(directory).catch(() => []);
    const mails = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')));
    return mails.flatMap((mail) => (mail.includes(address) ? (/^Subject: (.*)\r$/m.exec(mail)?.[1] ?? []) : [])).sort();
  };

  /** The tenant is whole: there once, its owner signs in to it, and each of the two mails has left once. */
  async function expectWhole({ subdomain, ownerEmail }: tenancy.RegisterTenantRequest): Promise<string> {
    const outlay = createOutlayClient(platform.gatewayUrl);
    const owner = await eventually(() => outlay.signIn(ownerEmail, ownerPassword));
    // The gateway takes a moment to find a service that is back.
    await eventually(async () => {
      const { status, body } = await owner.call('GET', '/tenant');
      expect([status, body.subdomain, body.status]).toEqual([200, subdomain, 'active']);
    });
    expect(await countOf('tenancy_billing.tenants', 'subdomain', subdomain)).toBe(1);
    const { rows } = await admin.query(
      'select envelope ->> $2 as type from tenancy_billing.outbox where tenant_id = $1 order by seq',
      [owner.tenantId, 'type'],
    );
    expect(rows.map((row) => row.type)).toEqual([
      'outlay.tenancy.tenant.registered.v1',
      'outlay.tenancy.entitlements.changed.v1',
    ]);
    const mails = ['Confirm your address for Outlay', 'Welcome to Outlay, Mara'];
    await eventually(async () => expect(await mailsTo(ownerEmail)).toEqual(mails));
    const deliveries = await admin.query(
      'select kind from notifications.deliveries where tenant_id = $1 order by kind',
      [owner.tenantId],
    );
    expect(deliveries.rows.map((row) => row.kind)).toEqual(['email_verification', 'welcome']);
    return owner.tenantId;
  }

  /** Nothing is left anywhere, so both names are free. */
  async function expectNothing({ subdomain, ownerEmail }: tenancy.RegisterTenantRequest): Promise<void> {
    expect(await countOf('tenancy_billing.subdomains', 'name', subdomain)).toBe(0);
    expect(await countOf('tenancy_billing.registrations', 'subdomain', subdomain)).toBe(0);
    expect(await countOf('identity.tenants', 'subdomain', subdomain)).toBe(0);
    expect(await countOf('identity.users', 'email', ownerEmail)).toBe(0);
    expect(await mailsTo(ownerEmail)).toEqual([]);
  }

  describe.each(crashes)('$name', (crash) => {
    it('is settled by itself: whole, or gone and both names free', async () => {
      const registration = newRegistration();

      await crashAt(crash, registration, undefined);
      await settle(registration);

      const isWhole = (await countOf('identity.users', 'email', registration.ownerEmail)) === 1;
      if (crash.leavesOwner !== undefined) expect(isWhole).toBe(crash.leavesOwner);
      if (!isWhole) {
        await expectNothing(registration);
        await eventually(() => register(registration, undefined));
      }
      await expectWhole(registration);
    });

    it('gives one answer to whoever repeats it with its key, before the job and after', async () => {
      const registration = newRegistration();
      const key = newId();

      await crashAt(crash, registration, key);
      const answer = await eventually(() => register(registration, key));
      await settle(registration);
      const again = await register(registration, key);

      expect(again).toEqual({ ...answer, replayed: true });
      expect(await expectWhole(registration)).toBe(answer.tenant?.id);
    });
  });

  it('keeps neither name from others for good: what was free after a crash is taken by them', async () => {
    const [registration, other] = [newRegistration(), newRegistration()];
    const crash = crashes.find(({ name }) => name.startsWith('both are killed before'))!;

    await crashAt(crash, registration, newId());
    const { subdomain, ownerEmail } = registration;
    await expect(register({ ...other, subdomain }, undefined)).rejects.toMatchObject({ code: 'subdomain_taken' });
    await settle(registration);

    await register({ ...other, subdomain }, undefined);
    await register({ ...newRegistration(), ownerEmail }, undefined);
    await expectWhole({ ...other, subdomain });
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rateLimited } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { newRegistration, refusal, startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.stop());
afterEach(() => {
  tenancy.fakeIdentity.behaviour.createOwner = tenancy.fakeIdentity.createOwner;
});

const countOf = async (table: string, where: string, value: unknown) => {
  const rows = await tenancy.query<{ count: number }>(
    `select count(*)::int as count from tenancy_billing.${table} where ${where} = $1`,
    [value],
  );
  return rows[0]!.count;
};
/** Everything that a registration writes here. */
const tracesOf = async (subdomain: string) => ({
  tenants: await countOf('tenants', 'subdomain', subdomain),
  registrations: await countOf('registrations', 'subdomain', subdomain),
  claims: await countOf('subdomains', 'name', subdomain),
});
const nothing = { tenants: 0, registrations: 0, claims: 0 };

const settle = async (subdomain: string) => {
  await tenancy.query(
    "update tenancy_billing.registrations set attempted_at = attempted_at - interval '2 minutes' where subdomain = $1",
    [subdomain],
  );
  // The job queue makes its tables by itself when the service starts.
  await eventually(() => tenancy.query("select tenancy_billing_jobs.add_job('settle_registrations')"));
};

describe('registering a tenant', () => {
  it('makes it on plan Basic with its owner, and tells so', async () => {
    const registration = newRegistration();

    const { tenant, ownerUserId, replayed } = await tenancy.register(registration);

    expect(replayed).toBe(false);
    expect(tenant).toMatchObject({
      name: registration.name,
      subdomain: registration.subdomain,
      status: 'active',
      plan: 'basic',
      settings: { currency: 'USD', timezone: 'UTC', dateFormat: 'YYYY-MM-DD' },
      version: 1n,
    });
    const owner = tenancy.fakeIdentity.owners.get(tenant!.id);
    expect(owner).toMatchObject({ id: ownerUserId, email: registration.ownerEmail });
    const events = await tenancy.eventsOf(tenant!.id);
    expect(events.map((event) => [event.type, event.aggregateversion])).toEqual([
      ['outlay.tenancy.tenant.registered.v1', 1],
      ['outlay.tenancy.entitlements.changed.v1', 1],
    ]);
    expect(events[0]!.data).toMatchObject({
      subdomain: registration.subdomain,
      plan: 'basic',
      owner: { userId: ownerUserId, email: registration.ownerEmail, firstName: 'Mara', lastName: 'Lind' },
    });
    expect(events[1]!.data.entitlements).toContainEqual({ metric: 'expenses_total', limit: '100000', mode: 'hard' });
  });

  it('is published by the relay', async () => {
    const { id } = await tenancy.registered();

    await eventually(async () => {
      const waiting = 'select 1 from tenancy_billing.outbox where tenant_id = $1 and published_at is null';
      expect(await tenancy.query(waiting, [id])).toEqual([]);
    });
  });

  it('keeps no e-mail address and no password once it is done', async () => {
    const { subdomain } = await tenancy.registered();

    const [row] = await tenancy.query('select * from tenancy_billing.registrations where subdomain = $1', [subdomain]);

    expect(row).toMatchObject({ owner_email: null });
    expect(JSON.stringify(row)).not.toContain('Password123');
  });

  it('is refused for a subdomain that is taken', async () => {
    const { subdomain } = await tenancy.registered();

    await expect(tenancy.register({ subdomain })).rejects.toMatchObject({ kind: 'conflict', code: 'subdomain_taken' });
  });

  it('is done once when two want the same subdomain at the same time', async () => {
    const { subdomain } = newRegistration();

    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => tenancy.register({ subdomain })));

    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'subdomain_taken' });
    }
  });

  it('is refused for an e-mail address that is taken, and leaves the subdomain free', async () => {
    const taken = newRegistration();
    await tenancy.register(taken);
    const { subdomain } = newRegistration();

    const attempt = tenancy.register({ subdomain, ownerEmail: taken.ownerEmail });

    await expect(attempt).rejects.toMatchObject({ kind: 'conflict', code: 'email_taken' });
    expect(await tracesOf(subdomain)).toEqual(nothing);
    await expect(tenancy.register({ subdomain })).resolves.toMatchObject({ tenant: { subdomain } });
  });

  it('names every field that is wrong, and begins nothing', async () => {
    const attempt = tenancy.register({
      name: ' ',
      subdomain: 'x'.repeat(201),
      ownerEmail: 'nobody',
      ownerPassword: 'short',
      ownerFirstName: '',
      ownerLastName: 'a\u0000b',
    });

    const error = await attempt.catch((reason) => reason);
    expect(error).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
    expect(error.details.map((detail: { field: string }) => detail.field)).toEqual([
      'name',
      'subdomain',
      'owner_email',
      'owner_password',
      'owner_first_name',
      'owner_last_name',
    ]);
    await expect(tenancy.register({ subdomain: 'www' })).rejects.toMatchObject({
      details: [{ field: 'subdomain', code: 'subdomain_reserved' }],
    });
  });

  it('passes on what identity finds wrong with the owner, under the names of this request', async () => {
    tenancy.fakeIdentity.behaviour.createOwner = () => {
      throw refusal('conflict', 'email_taken');
    };
    const { subdomain } = newRegistration();

    await expect(tenancy.register({ subdomain })).rejects.toMatchObject({ code: 'email_taken' });
    expect(await tracesOf(subdomain)).toEqual(nothing);
  });
});

describe('a registration that identity does not answer', () => {
  const away = () => {
    throw refusal('unavailable', 'unavailable');
  };

  it('is refused as unavailable, and there is no tenant', async () => {
    tenancy.fakeIdentity.behaviour.createOwner = away;
    const registration = newRegistration();

    await expect(tenancy.register(registration)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'identity_unavailable',
    });

    expect(await tracesOf(registration.subdomain)).toMatchObject({ tenants: 0 });
    await expect(tenancy.resolve(registration.subdomain)).rejects.toMatchObject({ code: 'tenant_not_found' });
    await expect(tenancy.register({ subdomain: registration.subdomain })).rejects.toMatchObject({
      code: 'subdomain_taken',
    });
  });

  it('goes on when the same request comes again', async () => {
    tenancy.fakeIdentity.behaviour.createOwner = away;
    const registration = newRegistration();
    await expect(tenancy.register(registration)).rejects.toMatchObject({ kind: 'unavailable' });
    tenancy.fakeIdentity.behaviour.createOwner = tenancy.fakeIdentity.createOwner;

    const { tenant } = await tenancy.register(registration);

    expect(tenant).toMatchObject({ subdomain: registration.subdomain, status: 'active' });
  });

  it('is completed by the job when the owner was made', async () => {
    // Given an identity that made the owner, and an answer that got lost.
    tenancy.fakeIdentity.behaviour.createOwner = (request) => {
      tenancy.fakeIdentity.createOwner(request);
      throw refusal('deadline_exceeded', 'deadline_exceeded');
    };
    const registration = newRegistration();
    await expect(tenancy.register(registration)).rejects.toMatchObject({ kind: 'unavailable' });

    await settle(registration.subdomain);

    const { tenant } = await eventually(() => tenancy.resolve(registration.subdomain));
    expect(tenant).toMatchObject({ name: registration.name, status: 'active', plan: 'basic' });
    const events = await tenancy.eventsOf(tenant!.id);
    expect(events[0]).toMatchObject({
      type: 'outlay.tenancy.tenant.registered.v1',
      data: { owner: { email: registration.ownerEmail } },
    });
    expect(events).toHaveLength(2);
  });

  it('is undone by the job when the owner was not made', async () => {
    tenancy.fakeIdentity.behaviour.createOwner = away;
    const registration = newRegistration();
    await expect(tenancy.register(registration)).rejects.toMatchObject({ kind: 'unavailable' });

    await settle(registration.subdomain);

    await eventually(async () => expect(await tracesOf(registration.subdomain)).toEqual(nothing));
    tenancy.fakeIdentity.behaviour.createOwner = tenancy.fakeIdentity.createOwner;
    await expect(tenancy.register({ subdomain: registration.subdomain })).resolves.toBeDefined();
  });

  it('is left alone by the job while it is fresh', async () => {
    tenancy.fakeIdentity.behaviour.createOwner = away;
    const [fresh, stale] = [newRegistration(), newRegistration()];
    await expect(tenancy.register(fresh)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(tenancy.register(stale)).rejects.toMatchObject({ kind: 'unavailable' });

    await settle(stale.subdomain);

    await eventually(async () => expect(await tracesOf(stale.subdomain)).toEqual(nothing));
    expect(await tracesOf(fresh.subdomain)).toEqual({ tenants: 0, registrations: 1, claims: 1 });
  });
});

describe('a registration of which nobody knows whether it has an owner', () => {
  const made = (registration: ReturnType<typeof newRegistration>) =>
    [...tenancy.fakeIdentity.owners.values()].filter((owner) => owner.email === registration.ownerEmail);
  const loseTheAnswer = () => {
    tenancy.fakeIdentity.behaviour.createOwner = (request) => {
      tenancy.fakeIdentity.createOwner(request);
      throw refusal('deadline_exceeded', 'deadline_exceeded');
    };
  };
  const refuseWith = (kind: Parameters<typeof refusal>[0], code: string) => {
    tenancy.fakeIdentity.behaviour.createOwner = () => {
      throw refusal(kind, code);
    };
  };

  it.each([
    ['unavailable', 'overloaded'],
    ['forbidden', 'access_denied'],
    ['conflict', 'tenant_owned'],
  ] as const)(
    'is not given up when a repetition is refused as %s (%s), and is completed by the job',
    async (kind, code) => {
      const registration = newRegistration();
      loseTheAnswer();
      await expect(tenancy.register(registration)).rejects.toMatchObject({ kind: 'unavailable' });
      refuseWith(kind, code);
      await expect(tenancy.register(registration)).rejects.toBeDefined();

      expect(await tracesOf(registration.subdomain)).toEqual({ tenants: 0, registrations: 1, claims: 1 });
      await settle(registration.subdomain);

      const { tenant } = await eventually(() => tenancy.resolve(registration.subdomain));
      expect(tenancy.fakeIdentity.owners.get(tenant!.id)).toMatchObject({ email: registration.ownerEmail });
      expect(made(registration)).toHaveLength(1);
    },
  );

  it('is given up at once where it was refused the first time, but not while a repetition is at it', async () => {
    const [alone, shared] = [newRegistration(), newRegistration()];
    refuseWith('unavailable', 'overloaded');
    await expect(tenancy.register(alone)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await tracesOf(alone.subdomain)).toEqual(nothing);

    const refusing = Promise.withResolvers<void>();
    tenancy.fakeIdentity.behaviour.createOwner = async () => {
      await refusing.promise;
      throw refusal('unavailable', 'overloaded');
    };
    const first = tenancy.register(shared).catch((error: unknown) => error);
    await eventually(async () => expect(await tracesOf(shared.subdomain)).toMatchObject({ registrations: 1 }));
    tenancy.fakeIdentity.behaviour.createOwner = async (request) => {
      refusing.resolve();
      await first;
      return tenancy.fakeIdentity.createOwner(request);
    };

    const { tenant } = await tenancy.register(shared);

    expect(tenant).toMatchObject({ subdomain: shared.subdomain, status: 'active' });
    expect(made(shared)).toHaveLength(1);
  });

  it('has identity make nobody once it may have been given up', async () => {
    let timeLeftMs: number | undefined;
    tenancy.fakeIdentity.behaviour.createOwner = (request) => {
      timeLeftMs = request.notAfter!.getTime() - Date.now();
      return tenancy.fakeIdentity.createOwner(request);
    };

    await tenancy.register();

    // The job waits for a minute.
    expect(timeLeftMs).toBeLessThan(30_000);
    expect(timeLeftMs).toBeGreaterThan(10_000);
  });
});

describe('a registration with an idempotency key', () => {
  it('gives the first answer again, also after the tenant has changed', async () => {
    const [registration, key] = [newRegistration(), randomUUID()];
    const first = await tenancy.register(registration, key);
    await tenancy.update(tenancy.as('owner', first.tenant!.id), { name: 'Renamed' });

    const again = await tenancy.register(registration, key);

    expect(again).toEqual({ ...first, replayed: true });
    expect(await tenancy.eventsOf(first.tenant!.id)).toHaveLength(3);
  });

  it('has one effect for twins at the same time', async () => {
    const [registration, key] = [newRegistration(), randomUUID()];

    const answers = await Promise.all(Array.from({ length: 10 }, () => tenancy.register(registration, key)));

    expect(new Set(answers.map((answer) => answer.tenant!.id)).size).toBe(1);
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(await tenancy.eventsOf(answers[0]!.tenant!.id)).toHaveLength(2);
  });

  it('is refused with another body, be it only the password', async () => {
    const [registration, key] = [newRegistration(), randomUUID()];
    await tenancy.register(registration, key);

    const other = { ...newRegistration(), ownerEmail: registration.ownerEmail.toUpperCase() };
    for (const change of [{ ownerPassword: 'Password124' }, { name: 'Other' }, other]) {
      await expect(tenancy.register({ ...registration, ...change }, key)).rejects.toMatchObject({
        kind: 'invalid',
        code: 'idempotency_key_reused',
      });
    }
  });

  it('is nothing to a stranger who chose the same one', async () => {
    const [mine, theirs, key] = [newRegistration(), newRegistration(), randomUUID()];
    const first = await tenancy.register(mine, key);

    const second = await tenancy.register(theirs, key);

    expect(second).toMatchObject({ replayed: false, tenant: { subdomain: theirs.subdomain } });
    expect(second.tenant!.id).not.toBe(first.tenant!.id);
    expect(await tenancy.register(mine, key)).toEqual({ ...first, replayed: true });
  });
});

describe('a registration from a place that has had too many', () => {
  it('is refused as such, leaves nothing, and can be tried again', async () => {
    const registration = newRegistration();
    tenancy.fakeIdentity.behaviour.createOwner = async () => {
      throw rateLimited('too_many_registrations', 'Too many', 1_000);
    };

    await expect(tenancy.register(registration)).rejects.toMatchObject({
      kind: 'rate_limited',
      code: 'too_many_registrations',
      meta: { retry_after_ms: '1000' },
    });
    expect(await tracesOf(registration.subdomain)).toEqual(nothing);

    tenancy.fakeIdentity.behaviour.createOwner = tenancy.fakeIdentity.createOwner;
    await expect(tenancy.register(registration)).resolves.toMatchObject({ replayed: false });
  });
});

import { describe, expect, it } from '@jest/globals';
import { changePlan, changeTenant, newTenant } from './tenant.ts';

const registeredAt = new Date('2025-01-10T08:30:00Z');
const now = new Date('2025-02-01T12:00:00Z');
const acme = newTenant({ id: 'a', name: 'Acme', subdomain: 'acme' }, { code: 'basic', version: 1 }, registeredAt);

describe('a tenant', () => {
  it('begins active in its first version, with default settings', () => {
    expect(acme).toMatchObject({
      status: 'active',
      plan: { code: 'basic', version: 1 },
      settings: { currency: 'USD', timezone: 'UTC', dateFormat: 'YYYY-MM-DD' },
      version: 1n,
    });
  });

  it('changes what is given, keeps the rest, and is one version on', () => {
    const changed = changeTenant(acme, { settings: { currency: 'EUR' } }, 1n, now);

    expect(changed).toEqual({
      ...acme,
      settings: { currency: 'EUR', timezone: 'UTC', dateFormat: 'YYYY-MM-DD' },
      version: 2n,
      updatedAt: now,
    });
  });

  it('stays as it is when nothing changes', () => {
    expect(changeTenant(acme, { name: 'Acme', settings: { timezone: 'UTC' } }, undefined, now)).toBe(acme);
  });

  it('is not changed by who has seen another version', () => {
    expect(() => changeTenant(acme, { name: 'Other', settings: {} }, 2n, now)).toThrow(
      expect.objectContaining({ kind: 'precondition_failed', code: 'version_mismatch' }),
    );
  });

  it('moves to another plan once, and keeps the version it bought', () => {
    const moved = changePlan(acme, { code: 'professional', version: 3 }, now);

    expect(moved).toMatchObject({ plan: { code: 'professional', version: 3 }, version: 2n, updatedAt: now });
    expect(changePlan(moved, { code: 'professional', version: 4 }, now)).toBe(moved);
  });
});

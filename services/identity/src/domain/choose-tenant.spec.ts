import { describe, expect, it } from '@jest/globals';
import { chooseTenant } from './choose-tenant.ts';
import type { Membership } from './person.ts';

const acme: Membership = { tenantId: 'a', tenantName: 'Acme', subdomain: 'acme', role: 'owner' };
const globex: Membership = { tenantId: 'g', tenantName: 'Globex', subdomain: 'globex', role: 'member' };

const person = (...memberships: Membership[]) => ({ platformAdmin: false, memberships });
const platformAdmin = (...memberships: Membership[]) => ({ platformAdmin: true, memberships });

describe('the tenant a session acts in', () => {
  it('is the one that was named, where the person belongs to it', () => {
    expect(chooseTenant(person(acme, globex), 'g')).toEqual({ kind: 'entered', membership: globex });
  });

  it('is never one that the person does not belong to', () => {
    expect(chooseTenant(person(acme), 'g')).toEqual({ kind: 'refused' });
    expect(chooseTenant(platformAdmin(acme), 'g')).toEqual({ kind: 'refused' });
  });

  it('is the only one when none was named', () => {
    expect(chooseTenant(person(acme), undefined)).toEqual({ kind: 'entered', membership: acme });
    expect(chooseTenant(platformAdmin(acme), undefined)).toEqual({ kind: 'entered', membership: acme });
  });

  it('must be named by a person of several', () => {
    expect(chooseTenant(person(acme, globex), undefined)).toEqual({ kind: 'undecided', memberships: [acme, globex] });
  });

  it('is none for a platform admin without membership, and a person without any may not enter', () => {
    expect(chooseTenant(platformAdmin(), undefined)).toEqual({ kind: 'outside' });
    expect(chooseTenant(person(), undefined)).toEqual({ kind: 'refused' });
  });
});

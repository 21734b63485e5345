import { describe, expect, it } from '@jest/globals';
import { chooseTenant } from './choose-tenant.ts';
import type { Membership } from './person.ts';

const acme: Membership = { tenantId: 'a', tenantName: 'Acme', subdomain: 'acme', role: 'owner' };
const globex: Membership = { tenantId: 'g', tenantName: 'Globex', subdomain: 'globex', role: 'member' };

describe('the tenant a session acts in', () => {
  it('is the one that was named, where the person belongs to it', () => {
    expect(chooseTenant([acme, globex], 'g')).toEqual({ kind: 'entered', membership: globex });
  });

  it('is never one that the person does not belong to', () => {
    expect(chooseTenant([acme], 'g')).toEqual({ kind: 'refused' });
  });

  it('is the only one when none was named', () => {
    expect(chooseTenant([acme], undefined)).toEqual({ kind: 'entered', membership: acme });
  });

  it('must be named by a person of several', () => {
    expect(chooseTenant([acme, globex], undefined)).toEqual({ kind: 'undecided', memberships: [acme, globex] });
  });

  it('is none for somebody who belongs to none, unless they name one', () => {
    expect(chooseTenant([], undefined)).toEqual({ kind: 'outside' });
    expect(chooseTenant([], 'g')).toEqual({ kind: 'refused' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { newId, toTenantId } from '@outlay/platform';
import { subjectsOf } from './identify-caller.ts';

describe('A request counts for', () => {
  const tenantId = toTenantId(newId());
  const id = newId();

  it('the person and the tenant', () => {
    const person = { tenantId, actor: { kind: 'user' as const, id } };
    expect(subjectsOf(person)).toEqual([
      ['tenant', tenantId],
      ['user', id],
    ]);
  });

  it('the API key and the tenant, and for no person', () => {
    const key = { tenantId, actor: { kind: 'api_key' as const, id } };
    expect(subjectsOf(key)).toEqual([
      ['tenant', tenantId],
      ['key', id],
    ]);
  });

  it('the person alone where there is no tenant', () => {
    expect(subjectsOf({ tenantId: undefined, actor: { kind: 'user', id } })).toEqual([['user', id]]);
  });
});

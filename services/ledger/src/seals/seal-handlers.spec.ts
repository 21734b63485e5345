import { expect, it } from '@jest/globals';
import { systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { createSealHandlers } from './seal-handlers.ts';

const [one, other] = [1, 2].map((digit) => toTenantId(`00000000-0000-7000-8000-00000000000${digit}`));
const request = { cursor: '', sequence: 0n, hash: '', auditSequence: 0n, auditHash: '' };

it('verifies the journal of a tenant twice at once and no more, and leaves another tenant its own', async () => {
  const begun: PromiseWithResolvers<never>[] = [];
  const withTenant = () => {
    begun.push(Promise.withResolvers());
    return begun.at(-1)!.promise;
  };
  const { verifyJournal } = createSealHandlers({ database: { withTenant }, clock: () => new Date() } as never);
  const verify = (tenantId: TenantId | undefined) =>
    verifyJournal({ ...systemContext(tenantId!), role: 'owner' }, request);
  const held = [verify(one), verify(one)];

  await expect(verify(one)).rejects.toMatchObject({ kind: 'unavailable', code: 'overloaded' });
  held.push(verify(other));
  expect(begun).toHaveLength(3);

  begun[0]!.reject(new Error('lost'));
  await expect(held[0]).rejects.toThrow('lost');
  held.push(verify(one));
  expect(begun).toHaveLength(4);
  for (const { reject } of begun) reject(new Error('over'));
  await Promise.allSettled(held);
});

it.each([
  [{ sequence: 1n }, 'hash'],
  [{ hash: 'ab'.repeat(32) }, 'sequence'],
  [{ auditSequence: 1n }, 'audit_hash'],
  [{ auditHash: 'ab'.repeat(32) }, 'audit_sequence'],
])('a head that was kept is named whole: of %p, %s is wrong', async (given, field) => {
  const { verifyJournal } = createSealHandlers({} as never);
  const verifying = verifyJournal({ ...systemContext(one!), role: 'owner' }, { ...request, ...given });
  await expect(verifying).rejects.toMatchObject({ kind: 'invalid', details: [{ field }] });
});

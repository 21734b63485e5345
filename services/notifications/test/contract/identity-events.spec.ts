import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type EventName, events, queues } from '@outlay/contracts';
import { newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { exampleOf, type Harness, startHarness } from '../component/harness.ts';

// That the examples' tokens have ended is no concern of whether they are taken.
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ on: 'embedded' });
});
afterAll(() => harness.stop());

it.each([
  ['outlay.identity.email_verification.requested.v1', 'email_verification', 'mara@acme.example'],
  ['outlay.identity.password_reset.requested.v1', 'password_reset', 'mara@acme.example'],
  ['outlay.identity.credentials.changed.v1', 'credentials_changed', 'mara@acme.example'],
  ['outlay.identity.invitation.sent.v1', 'invitation', 'ida@acme.example'],
] as const)("takes identity's own example of %s", async (type, kind, recipient) => {
  const tenantId = toTenantId(newId());

  await harness.announce(tenantId, type, exampleOf(type));

  await eventually(async () => {
    const { rows } = await harness.administer(
      'select kind, recipient from notifications.deliveries where tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual([{ kind, recipient }]);
  });
});

it.each(queues['notifications.people'].events)("takes identity's own example of %s", async (type: EventName) => {
  const tenantId = toTenantId(newId());

  await harness.announce(tenantId, type, exampleOf(type));

  await eventually(async () => {
    const { rows } = await harness.administer('select 1 from notifications.inbox where tenant_id = $1 and queue = $2', [
      tenantId,
      'notifications.people',
    ]);
    expect(rows).toHaveLength(1);
  });
  expect(events[type].owner).toBe('identity');
});

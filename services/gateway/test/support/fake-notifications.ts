import type { notifications } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { at, page } from './fixtures.ts';

export function fakeNotifications(): FakeHandlers {
  const delivery: notifications.Delivery = {
    id: newId(),
    kind: 'welcome',
    recipient: 'mara@acme.example',
    subject: 'Welcome',
    provider: 'outbox',
    status: 'sent',
    attempts: 1,
    error: '',
    providerMessageId: '',
    createdAt: at,
    sentAt: at,
  };
  return { listDeliveries: () => ({ deliveries: [delivery], page }) };
}

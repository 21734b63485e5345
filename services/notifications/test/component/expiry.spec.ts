import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Mail, MailProvider, SendOutcome } from '../../src/mail/mail-provider.ts';
import { type MailDesk, openMailDesk, type Requested } from './mail-desk.ts';

const minuteMs = 60_000;

/** A provider that answers as told, and well when nothing more is. */
function scriptedProvider(answers: SendOutcome[], lookup: 'found' | 'absent' = 'absent') {
  const seen: Mail[] = [];
  const provider: MailProvider = {
    name: 'outbox',
    settleMs: 0,
    async send(mail) {
      seen.push(mail);
      return answers.shift() ?? { kind: 'sent', providerMessageId: 'sent' };
    },
    find: async () => (lookup === 'found' ? { kind: 'found', providerMessageId: 'found' } : { kind: 'absent' }),
  };
  return { provider, seen };
}

describe('a mail whose token ends', () => {
  let desk: MailDesk;
  beforeAll(async () => {
    desk = await openMailDesk();
  });
  afterAll(() => desk.close());

  const errorOf = async ({ deliveryId }: Requested) => {
    const { rows } = await desk.administer('select error, parameters from notifications.deliveries where id = $1', [
      deliveryId,
    ]);
    return rows[0];
  };

  it('is sent while it is of use, and its token is not kept any longer, sealed or not', async () => {
    const delivery = await desk.requestReset('a-token');
    expect((await errorOf(delivery)).parameters.token).toMatchObject({ sealed: expect.any(String) });
    const { provider, seen } = scriptedProvider([]);

    await desk.attempt(delivery, provider);

    expect(seen[0]?.text).toContain('token: a-token\n');
    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'sent' });
    expect((await errorOf(delivery)).parameters).toEqual({});
  });

  it('is not sent any more once the token has ended, and says why', async () => {
    const delivery = await desk.requestReset();
    const { provider, seen } = scriptedProvider(Array.from({ length: 20 }, () => ({ kind: 'failed', error: 'busy' })));

    await desk.runToTheEnd(delivery, provider);

    // At 0 s, 10 s, 70 s, 6 min, 21 min; the next would come after an hour and a quarter.
    expect(seen).toHaveLength(5);
    expect(await desk.statusOf(delivery)).toMatchObject({
      status: 'failed',
      attempts: 6,
      outcomes: expect.arrayContaining(['expired']),
    });
    expect(await errorOf(delivery)).toMatchObject({ error: 'what it offers ended before it could be sent' });
  });

  it('counts as sent when it turns out that it left in time', async () => {
    const delivery = await desk.requestReset();
    const { provider, seen } = scriptedProvider([{ kind: 'unknown', error: 'no answer' }], 'found');
    await desk.attempt(delivery, provider);
    desk.pass(120 * minuteMs);

    await desk.attempt(delivery, provider);

    expect(seen).toHaveLength(1);
    expect(await desk.statusOf(delivery)).toEqual({ status: 'sent', attempts: 2, outcomes: ['unknown', 'found'] });
  });

  it('waits where the secret is wrong that opens the token, and goes out when it is right', async () => {
    const delivery = await desk.requestReset();
    const { provider, seen } = scriptedProvider([]);

    await desk.attempt(delivery, provider, 'a secret that nobody shares');
    expect(seen).toHaveLength(0);
    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'pending', outcomes: ['failed'] });
    desk.pass(minuteMs);
    await desk.attempt(delivery, provider);

    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'sent' });
  });
});

describe('a mail to somebody who is erased while it is on its way', () => {
  let desk: MailDesk;
  beforeAll(async () => {
    desk = await openMailDesk();
  });
  afterAll(() => desk.close());

  it('is cancelled where it has certainly not left, and never sent', async () => {
    const delivery = await desk.requestReset();
    const { provider, seen } = scriptedProvider([{ kind: 'failed', error: 'busy' }]);
    await desk.attempt(delivery, provider);

    await desk.erase(delivery);
    await desk.runToTheEnd(delivery, provider);
    desk.pass(5 * minuteMs);
    await desk.attempt(delivery, provider);

    expect(seen).toHaveLength(1);
    expect(await desk.statusOf(delivery)).toEqual({ status: 'cancelled', attempts: 1, outcomes: ['failed'] });
  });

  it.each([
    ['found', 'sent', ['unknown', 'found']],
    ['absent', 'cancelled', ['unknown', 'cancelled']],
  ] as const)('is looked up where it may have left: %s, so it counts as %s', async (lookup, status, outcomes) => {
    const delivery = await desk.requestReset();
    const { provider, seen } = scriptedProvider([{ kind: 'unknown', error: 'no answer' }], lookup);
    await desk.attempt(delivery, provider);

    await desk.erase(delivery);
    await desk.runToTheEnd(delivery, provider);

    expect(seen).toHaveLength(1);
    expect(await desk.statusOf(delivery)).toEqual({ status, attempts: 2, outcomes });
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MailProvider } from '../../src/mail/mail-provider.ts';
import { createMailgun } from '../../src/mail/mailgun.ts';
import { type Behaviour, type FakeMailgun, startFakeMailgun } from './fake-mailgun.ts';
import { type MailDesk, openMailDesk } from './mail-desk.ts';

const minuteMs = 60_000;

describe('sending through Mailgun', () => {
  let desk: MailDesk;
  let mailgun: FakeMailgun;
  let provider: MailProvider;
  beforeAll(async () => {
    desk = await openMailDesk();
  });
  afterAll(() => desk.close());
  beforeEach(async () => {
    mailgun = await startFakeMailgun();
    provider = providerWithin(1_000);
  });
  afterEach(() => mailgun.stop());

  const providerWithin = (timeoutMs: number) =>
    createMailgun({ apiKey: 'key', domain: 'mg.outlay.test', url: mailgun.url, timeoutMs });

  it('hands the mail over under a message id of its own', async () => {
    const delivery = await desk.request();

    await desk.runToTheEnd(delivery, provider);

    expect(await desk.statusOf(delivery)).toEqual({ status: 'sent', attempts: 1, outcomes: ['sent'] });
    expect(mailgun.taken).toHaveLength(1);
    expect(mailgun.taken[0]?.messageId).toBe(`<${delivery.deliveryId}@mg.outlay.test>`);
    expect(mailgun.taken[0]?.form.get('to')).toBe('"Mara \\"M\\" Lind" <mara@acme.example>');
    expect(mailgun.taken[0]?.form.get('subject')).toBe('Welcome to Outlay, Mara');
    expect(mailgun.taken[0]?.form.get('html')).toContain('<strong>Acme</strong>');
  });

  it.each<[string, Behaviour, string[]]>([
    ['taken, then no answer', { takes: true, answer: 'hangs' }, ['unknown', 'found']],
    ['taken, then the connection is cut', { takes: true, answer: 'cuts' }, ['unknown', 'found']],
    ['taken, then the answer breaks off', { takes: true, answer: 'breaks off' }, ['unknown', 'found']],
    ['taken, but answered with 500', { takes: true, answer: 500 }, ['unknown', 'found']],
    ['not taken, no answer', { takes: false, answer: 'hangs' }, ['unknown', 'sent']],
    ['not taken, the connection is cut', { takes: false, answer: 'cuts' }, ['unknown', 'sent']],
    ['not taken, 503', { takes: false, answer: 503 }, ['unknown', 'sent']],
    ['not taken, 429', { takes: false, answer: 429 }, ['failed', 'sent']],
    ['not taken, 401', { takes: false, answer: 401 }, ['failed', 'sent']],
  ])('gets through exactly once: %s', async (_, behaviour, outcomes) => {
    const delivery = await desk.request();
    mailgun.next = [behaviour];

    await desk.runToTheEnd(delivery, provider);

    expect(await desk.statusOf(delivery)).toEqual({ status: 'sent', attempts: 2, outcomes });
    expect(mailgun.taken).toHaveLength(1);
  });

  it.each([400, 413] as const)('gives up at once what is refused with %d', async (answer) => {
    const delivery = await desk.request();
    mailgun.next = [{ takes: false, answer }];

    await desk.runToTheEnd(delivery, provider);

    expect(await desk.statusOf(delivery)).toEqual({ status: 'failed', attempts: 1, outcomes: ['refused'] });
    expect(mailgun.sendCount()).toBe(1);
  });

  it('gives up after nine attempts over about two days', async () => {
    const delivery = await desk.request();
    const begunAt = desk.now().getTime();
    mailgun.next = Array.from({ length: 20 }, () => ({ takes: false, answer: 429 }));

    await desk.runToTheEnd(delivery, provider);

    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'failed', attempts: 9 });
    expect((desk.now().getTime() - begunAt) / minuteMs / 60).toBeGreaterThan(40);
  });

  it('does not believe an event log that may lag behind', async () => {
    const delivery = await desk.request();
    mailgun.next = [{ takes: true, answer: 'hangs' }];
    mailgun.log = 'lags';
    await desk.attempt(delivery, provider);

    // A job that comes early finds nothing due; one after a lost process looks, and the log does not show it yet.
    await desk.attempt(delivery, provider);
    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'unknown', outcomes: ['unknown'] });
    await desk.database.withTenant(delivery, (session) =>
      session.query('update deliveries set due_at = $1', [desk.now()]),
    );
    desk.pass(minuteMs);
    await desk.attempt(delivery, provider);
    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'unknown', outcomes: ['unknown', 'unsettled'] });

    mailgun.log = 'shows';
    await desk.runToTheEnd(delivery, provider);

    expect(await desk.statusOf(delivery)).toMatchObject({
      status: 'sent',
      outcomes: ['unknown', 'unsettled', 'found'],
    });
    expect(mailgun.taken).toHaveLength(1);
  });

  it.each(['fails', 'hangs'] as const)('sends nothing again while the event log %s', async (log) => {
    const delivery = await desk.request();
    mailgun.next = [{ takes: true, answer: 'cuts' }];
    mailgun.log = log;

    await desk.runToTheEnd(delivery, providerWithin(100));

    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'unknown', attempts: 9 });
    expect(mailgun.sendCount()).toBe(1);
  });

  it('gets through exactly once whatever happens on the way, if it is taken at all', async () => {
    const behaviour = fc.oneof(
      fc.record({ takes: fc.boolean(), answer: fc.constantFrom('cuts', 'breaks off', 500, 503) }),
      fc.constant({ takes: false, answer: 429 }),
    ) as fc.Arbitrary<Behaviour>;
    await fc.assert(
      fc.asyncProperty(fc.array(behaviour, { maxLength: 7 }), async (behaviours) => {
        const delivery = await desk.request();
        mailgun.next = [...behaviours];
        mailgun.taken = [];

        await desk.runToTheEnd(delivery, provider);

        expect(await desk.statusOf(delivery)).toMatchObject({ status: 'sent' });
        expect(mailgun.taken).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  it('is out of reach without a doubt where nobody listens', async () => {
    const delivery = await desk.request();
    await mailgun.stop();

    await desk.attempt(delivery, provider);

    expect(await desk.statusOf(delivery)).toEqual({ status: 'pending', attempts: 1, outcomes: ['failed'] });
    mailgun = await startFakeMailgun();
  });
});

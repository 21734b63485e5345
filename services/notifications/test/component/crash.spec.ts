import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MailProvider, SendOutcome } from '../../src/mail/mail-provider.ts';
import { createOutbox } from '../../src/mail/outbox.ts';
import { type MailDesk, openMailDesk, type Requested } from './mail-desk.ts';

const minuteMs = 60_000;

describe('a sender that is killed', () => {
  let desk: MailDesk;
  let directory: string;
  let outbox: MailProvider;
  beforeAll(async () => {
    desk = await openMailDesk();
  });
  afterAll(() => desk.close());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'outlay-mail-'));
    outbox = createOutbox(directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** Makes an attempt in a process of its own, which is killed half-way. Answers the signal that ended it. */
  const attemptAndDie = (delivery: Requested, when: 'before' | 'after') =>
    new Promise<string | null>((resolve) => {
      const fixture = join(import.meta.dirname, 'fixtures/crashing-sender.ts');
      const url = desk.server.urlFor('notifications');
      const parameters = [url, directory, delivery.tenantId, delivery.deliveryId, desk.now().toISOString(), when];
      execFile(process.execPath, [fixture, ...parameters], (error) => resolve(error?.signal ?? null));
    });

  it.each([
    ['after', ['interrupted', 'found']],
    ['before', ['interrupted', 'sent']],
  ] as const)('%s it handed the mail over leaves one mail in the end', async (when, outcomes) => {
    const delivery = await desk.request();

    expect(await attemptAndDie(delivery, when)).toBe('SIGKILL');
    expect(await desk.statusOf(delivery)).toEqual({ status: 'sending', attempts: 1, outcomes: ['sending'] });
    await desk.loseJobOf(delivery);
    desk.pass(3 * minuteMs);
    expect(await desk.rescheduleOverdue()).toBeGreaterThan(0);
    await desk.runToTheEnd(delivery, outbox);

    expect(await desk.statusOf(delivery)).toEqual({ status: 'sent', attempts: 2, outcomes });
    expect(await readdir(directory)).toEqual([`${delivery.deliveryId}.eml`]);
  });

  it('keeps the delivery to itself until its lease is over', async () => {
    const delivery = await desk.request();
    await attemptAndDie(delivery, 'before');

    desk.pass(minuteMs);
    await desk.attempt(delivery, outbox);

    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'sending', outcomes: ['sending'] });
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not needed twice: of many attempts at once one sends', async () => {
    const deliveries = [await desk.request(), await desk.request(), await desk.request()];
    await Promise.all(Array.from({ length: 10 }, () => desk.database.ping()));
    const sent: string[] = [];
    const counting: MailProvider = {
      ...outbox,
      send: (mail) => {
        sent.push(mail.deliveryId);
        return outbox.send(mail);
      },
    };

    for (const delivery of deliveries) {
      await Promise.all(Array.from({ length: 8 }, () => desk.attempt(delivery, counting)));
    }

    expect(sent).toEqual(deliveries.map((delivery) => delivery.deliveryId));
    expect(await desk.statusOf(deliveries[0]!)).toEqual({ status: 'sent', attempts: 1, outcomes: ['sent'] });
  });

  it('does not disturb the attempt that took over from it when it wakes up late', async () => {
    const delivery = await desk.request();
    const late = gatedProvider({ kind: 'failed', error: 'woke up late' });
    const prompt = gatedProvider({ kind: 'sent', providerMessageId: 'prompt' });

    const overtaken = desk.attempt(delivery, late.provider);
    await late.isSending;
    desk.pass(3 * minuteMs);
    const overtaking = desk.attempt(delivery, prompt.provider);
    await prompt.isSending;
    late.open();
    await overtaken;
    expect(await desk.statusOf(delivery)).toEqual({ status: 'sending', attempts: 2, outcomes: ['failed', 'sending'] });
    prompt.open();
    await overtaking;

    expect(await desk.statusOf(delivery)).toEqual({ status: 'sent', attempts: 2, outcomes: ['failed', 'sent'] });
  });

  it('leaves a job that waits for its turn in its place, and makes one that was lost', async () => {
    const [waiting, lost] = [await desk.request(), await desk.request()];
    const askedAt = desk.now();
    await desk.loseJobOf(lost);

    desk.pass(5 * minuteMs);
    expect(await desk.rescheduleOverdue()).toBeGreaterThanOrEqual(2);

    expect(await desk.jobAt(waiting)).toEqual(askedAt);
    expect(await desk.jobAt(lost)).toEqual(desk.now());
  });

  it('leaves a delivery alone that is not overdue', async () => {
    const delivery = await desk.request();
    await desk.loseJobOf(delivery);

    desk.pass(1_000);
    await desk.rescheduleOverdue();

    expect(await desk.jobAt(delivery)).toBeUndefined();
  });

  it('does not stop mail for good when the outbox cannot be written', async () => {
    const delivery = await desk.request();

    const file = join(directory, 'a file');
    await writeFile(file, '');
    await desk.attempt(delivery, createOutbox(join(file, 'is no folder')));
    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'pending', outcomes: ['failed'] });
    await desk.runToTheEnd(delivery, outbox);

    expect(await desk.statusOf(delivery)).toMatchObject({ status: 'sent', outcomes: ['failed', 'sent'] });
  });
});

/** A provider that answers only once it is told to. */
function gatedProvider(outcome: SendOutcome) {
  const sending = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const provider: MailProvider = {
    name: 'outbox',
    settleMs: 0,
    send: async () => {
      sending.resolve();
      await gate.promise;
      return outcome;
    },
    find: async () => ({ kind: 'absent' }),
  };
  return { provider, isSending: sending.promise, open: gate.resolve };
}

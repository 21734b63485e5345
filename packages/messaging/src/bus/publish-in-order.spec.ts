import { describe, expect, it } from '@jest/globals';
import type { Envelope } from '../envelope.ts';
import { failed, type PublishOutcome, taken } from './bus.ts';
import { publishInOrder } from './publish-in-order.ts';

const envelope = (subject: string, aggregateversion: number, tenantid = 't'): Envelope =>
  ({ subject, aggregateversion, tenantid }) as Envelope;

describe('publishInOrder', () => {
  it('publishes a later version only when the earlier one was taken', async () => {
    const first = Promise.withResolvers<PublishOutcome>();
    const published: number[] = [];
    const publish = publishInOrder((each) => {
      published.push(each.aggregateversion);
      return each.aggregateversion === 1 ? first.promise : Promise.resolve(taken);
    });

    const outcomes = publish([envelope('a', 1), envelope('a', 2), envelope('a', 3)]);
    await Promise.resolve();
    expect(published).toEqual([1]);
    first.resolve(taken);

    expect(await outcomes).toEqual([taken, taken, taken]);
    expect(published).toEqual([1, 2, 3]);
  });

  it('fails the later versions of an aggregate of which one failed, and nothing else', async () => {
    const published: string[] = [];
    const publish = publishInOrder(async (each) => {
      published.push(`${each.tenantid} ${each.subject} ${each.aggregateversion}`);
      return each.subject === 'a' && each.tenantid === 't' && each.aggregateversion === 2 ? failed('no') : taken;
    });

    const outcomes = await publish([
      envelope('a', 1),
      envelope('a', 2),
      envelope('a', 3),
      envelope('b', 1),
      envelope('a', 4),
      envelope('a', 1, 'other tenant'),
    ]);

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['taken', 'failed', 'failed', 'taken', 'failed', 'taken']);
    expect(published).toEqual(['t a 1', 't b 1', 'other tenant a 1', 't a 2']);
  });

  it('publishes different aggregates at the same time', async () => {
    const gates = [Promise.withResolvers<PublishOutcome>(), Promise.withResolvers<PublishOutcome>()];
    let begun = 0;
    const publish = publishInOrder(() => gates[begun++]?.promise ?? Promise.resolve(taken));

    const outcomes = publish([envelope('a', 1), envelope('b', 1)]);

    expect(begun).toBe(2);
    for (const gate of gates) gate.resolve(taken);
    expect(await outcomes).toEqual([taken, taken]);
  });
});

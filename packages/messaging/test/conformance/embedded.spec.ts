import { expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { describeBus } from './bus-conformance.ts';
import { startEmbeddedDriver } from './drivers/embedded-driver.ts';
import { anEvent, aQueue, recorder } from './drivers/event.ts';

describeBus('the embedded bus', startEmbeddedDriver, ({ driver, startBus }) => {
  const pretendDeliveries = (count: number) => driver().admin('update bus._private_jobs set attempts = $1', [count]);

  it('parks what was delivered a hundred times without an outcome', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    await bus.publish([anEvent(queue.type)]);
    await pretendDeliveries(100);
    const { handle, ids } = recorder();

    await bus.subscribe(queue, {}, handle);

    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));
    expect((await bus.parked(queue))[0]?.error).toContain('Delivered 100 times without an outcome');
    expect(ids()).toEqual([]);
  });

  it('hands over one by one what has come several times without an outcome', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const events = Array.from({ length: 5 }, () => anEvent(queue.type));
    await bus.publish(events);
    await pretendDeliveries(6);
    const { handle, ids, calls } = recorder();

    await bus.subscribe(queue, {}, handle);

    await eventually(() => expect(ids().sort()).toEqual(events.map((event) => event.id).sort()));
    expect(calls).toEqual([1, 1, 1, 1, 1]);
  });
});

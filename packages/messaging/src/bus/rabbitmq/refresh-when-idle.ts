import { type KeptOpen, within } from '@outlay/platform';
import type { ConsumerAtWork } from './subscription.ts';

/** A consumer that is made anew now and then. */
export interface RefreshedSubscription {
  start(): void;
  opened(): Promise<unknown>;
  /** It is open, or shut for no longer than it takes to make it anew. */
  isOpen(): boolean;
  stop(): Promise<void>;
}

const openTimeoutMs = 5_000;

/**
 * Makes a consumer anew when nothing came for one to two times `idleMs`. RabbitMQ can forget one: when a quorum queue is deleted and declared again
 * within some 20 ms, its consumers are neither cancelled nor served (seen on 3.10.8), and nothing tells such a consumer
 * from an idle one.
 */
export function refreshWhenIdle(make: () => KeptOpen<ConsumerAtWork>, idleMs: number): RefreshedSubscription {
  let subscription = make();
  let receivedBefore = 0;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let refreshing: Promise<void> | undefined;

  async function refreshIfIdle(): Promise<void> {
    const consumer = subscription.current();
    if (consumer === undefined || isStopped) return;
    const isIdle = consumer.received() === receivedBefore && consumer.inHand() === 0;
    receivedBefore = isIdle ? 0 : consumer.received();
    if (!isIdle) return;
    await subscription.stop();
    if (isStopped) return;
    subscription = make();
    subscription.start();
    await within(openTimeoutMs, subscription.opened());
  }

  return {
    start() {
      subscription.start();
      timer = setInterval(() => {
        refreshing ??= refreshIfIdle().finally(() => {
          refreshing = undefined;
        });
      }, idleMs);
      timer.unref();
    },
    opened: () => subscription.opened(),
    isOpen: () => refreshing !== undefined || subscription.current() !== undefined,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await refreshing;
      await subscription.stop();
    },
  };
}

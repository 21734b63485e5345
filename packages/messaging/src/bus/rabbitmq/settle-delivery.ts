import { pause } from '@outlay/platform';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { QueueDefinition } from '../../catalogue.ts';
import type { DeliveryOutcome } from '../bus.ts';
import { settlementOf } from '../settlement.ts';
import { attemptOf, parkedHeaders, retryHeaders, toRepeated } from './message.ts';
import type { OutgoingMessage, Publisher } from './publisher.ts';
import { parkedQueue, retryStep } from './topology.ts';

const publishRetryMs = 250;

/** What a delivery is settled with. */
export interface SettlingOptions {
  readonly channel: Channel;
  readonly publisher: Publisher;
  readonly queue: QueueDefinition;
  /** The channel is being closed: what cannot be settled now is left to the next one. */
  readonly isClosing: () => boolean;
}

/** Tells the broker what became of a delivery. Never rejects: a delivery that cannot be settled any more comes again. */
export async function settleDelivery(
  { channel, publisher, queue, isClosing }: SettlingOptions,
  message: ConsumeMessage,
  outcome: DeliveryOutcome,
): Promise<void> {
  const settlement = settlementOf(queue, attemptOf(message), outcome);
  switch (settlement.kind) {
    case 'forget':
      return acknowledge();
    case 'release':
      return giveBack();
    case 'again': {
      const to = { exchange: retryStep(settlement.delayMs), routingKey: queue.name };
      return replaceWith(toRepeated(message, to, retryHeaders(settlement.attempt, settlement.error)));
    }
    case 'park': {
      const to = { exchange: '', routingKey: parkedQueue(queue) };
      return replaceWith(toRepeated(message, to, parkedHeaders(settlement.attempts, settlement.error, new Date())));
    }
  }

  /** First the copy, then the acknowledgement: dying in between makes two of the message, never none. */
  async function replaceWith(copy: OutgoingMessage): Promise<void> {
    while ((await publisher.publish(copy)).kind === 'failed') {
      if (isClosing()) return giveBack();
      await pause(publishRetryMs);
    }
    acknowledge();
  }

  function acknowledge(): void {
    unlessClosed(() => channel.ack(message));
  }

  function giveBack(): void {
    unlessClosed(() => channel.nack(message, false, true));
  }
}

/** amqplib throws on a channel that has closed, where there is nothing to answer: the broker delivers the message again. */
export function unlessClosed(send: () => void): void {
  try {
    send();
  } catch {
    // Said above.
  }
}

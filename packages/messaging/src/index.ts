export type {
  Bus,
  Delivery,
  DeliveryHandler,
  DeliveryOutcome,
  ParkedMessage,
  PublishOutcome,
  SubscribeOptions,
  Subscription,
} from './bus/bus.ts';
export { type BusOptions, createBus } from './bus/create-bus.ts';
export { provisionBus } from './bus/embedded/provision-bus.ts';
export type { QueueDefinition } from './catalogue.ts';
export { type Consumer, type ConsumerOptions, createConsumer, type EventHandlers } from './consumer/consumer.ts';
export { contextOf, originOf, type ReceivedEvent } from './consumer/received-event.ts';
export { type Envelope, envelopeSchema } from './envelope.ts';
export { enqueueEvents } from './outbox/enqueue-events.ts';
export { type EventOrigin, type OutboxRow, type OutgoingEvent, toOutboxRow } from './outbox/outgoing-event.ts';
export { createRelay, type Relay, type RelayOptions } from './relay/relay.ts';
export { keepMonths } from './retention/keep-months.ts';

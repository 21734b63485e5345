import { type EventDefinition, events } from '../events.ts';
import { type QueueDefinition, queues } from '../queues.ts';
import { commentOf, loadDescriptors } from './descriptors.ts';
import { type JsonSchema, messageSchema } from './message-schema.ts';

const exchange = 'outlay.events';

/**
 * The AsyncAPI 3.0 document of every event: one channel for each type on the topic exchange `outlay.events`,
 * what its owner sends, and what each queue receives. Made from the catalogue and the comments of the protos.
 */
export const asyncApiDocument = () => {
  const registry = loadDescriptors();
  const schemas: Record<string, JsonSchema> = {};
  const messages: Record<string, JsonSchema> = {};
  const channels: Record<string, JsonSchema> = {};
  const operations: Record<string, JsonSchema> = {};

  for (const [type, definition] of Object.entries<EventDefinition>(events)) {
    const message = registry.getMessage(definition.message);
    if (!message) throw new Error(`${type} names ${definition.message}, which no proto defines`);
    schemas[definition.message] = messageSchema(message, schemas);
    messages[type] = eventMessage(type, definition, commentOf(message));
    channels[type] = {
      address: type,
      title: definition.summary,
      messages: { [type]: { $ref: `#/components/messages/${type}` } },
      bindings: {
        amqp: {
          is: 'routingKey',
          exchange: { name: exchange, type: 'topic', durable: true, autoDelete: false, vhost: '/' },
        },
      },
    };
    operations[`send.${type}`] = {
      action: 'send',
      title: `${definition.owner} publishes`,
      channel: { $ref: `#/channels/${type}` },
    };
  }
  for (const queue of Object.values<QueueDefinition>(queues)) {
    for (const type of queue.events) {
      operations[`receive.${queue.name}.${type}`] = {
        action: 'receive',
        title: `${queue.owner} consumes from ${queue.name}`,
        description: `Tried ${queue.attempts} times, after ${queue.backoffMs.join(', ')} ms, then parked in ${queue.name}.parked.`,
        channel: { $ref: `#/channels/${type}` },
      };
    }
  }

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Outlay events',
      version: '1.0.0',
      description:
        'Facts of the platform as CloudEvents 1.0 in structured mode, their data in ProtoJSON. Delivered at least once and in no order: ' +
        '`id` tells duplicates, `aggregateversion` tells which state of a subject is newer.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels,
    operations,
    components: { messages, schemas: { ...schemas, CloudEvent: cloudEvent } },
  };
};

const eventMessage = (type: string, definition: EventDefinition, comment = ''): JsonSchema => ({
  name: type,
  title: definition.summary,
  summary: definition.summary,
  description: withoutType(comment, type),
  contentType: 'application/cloudevents+json',
  payload: {
    allOf: [
      { $ref: '#/components/schemas/CloudEvent' },
      {
        type: 'object',
        properties: { type: { const: type }, data: { $ref: `#/components/schemas/${definition.message}` } },
        required: ['type', 'data'],
      },
    ],
  },
  examples: [{ name: definition.subject, payload: exampleEnvelope(type, definition) }],
});

/** A message's comment begins with the type of its event, which stands beside it here. */
const withoutType = (comment: string, type: string): string => {
  const text = comment.startsWith(type) ? comment.slice(type.length).replace(/^[.:] ?/, '') : comment;
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const exampleEnvelope = (type: string, definition: EventDefinition): JsonSchema => ({
  specversion: '1.0',
  id: '0197a3c0-9999-7000-8000-000000000001',
  source: `/outlay/${definition.owner}`,
  type,
  subject: '0197a3c0-4444-7000-8000-000000000001',
  time: '2025-01-15T10:30:00.000Z',
  datacontenttype: 'application/json',
  tenantid: '0197a3c0-aaaa-7000-8000-000000000001',
  aggregateversion: 1,
  correlationid: 'req-0197a3c0',
  data: definition.example,
});

const cloudEvent: JsonSchema = {
  type: 'object',
  description: 'The envelope: CloudEvents 1.0 with the extensions of Outlay.',
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'tenantid', 'aggregateversion', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', format: 'uuid', description: 'Unique for each event; the same on each delivery of it.' },
    source: { type: 'string', description: 'The service that published it.' },
    type: { type: 'string', description: 'The kind of event with its major version.' },
    subject: { type: 'string', description: 'The id of what it is about.' },
    time: { type: 'string', format: 'date-time', description: 'When it was recorded.' },
    datacontenttype: { const: 'application/json' },
    tenantid: { type: 'string', format: 'uuid' },
    aggregateversion: { type: 'integer', description: 'Counts the changes of the subject, from 1.' },
    traceparent: { type: 'string', description: 'W3C trace context of the command that caused it.' },
    correlationid: {
      type: 'string',
      description: 'What all of it began with: the X-Correlation-Id of the request, or else its X-Request-Id.',
    },
    causationid: { type: 'string', description: 'The event or request that directly caused it.' },
    data: { type: 'object' },
  },
};

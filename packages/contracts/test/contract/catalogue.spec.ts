import { describe, expect, it } from '@jest/globals';
import { loadDescriptors } from '../../src/asyncapi/descriptors.ts';
import { type EventDefinition, events, type QueueDefinition, queues, queuesOf } from '../../src/index.ts';

const catalogue = Object.entries<EventDefinition>(events);

describe('each event of the catalogue', () => {
  it.each(catalogue)('%s has an example that its codec reads and writes back unchanged', (_type, definition) => {
    const read = definition.codec.fromJSON(definition.example);

    expect(definition.codec.toJSON(read)).toEqual(definition.example);
  });

  it.each(catalogue)('%s is named for its area, its subject and its message', (type, definition) => {
    const [, area, subject, fact] = type.split('.') as [string, string, string, string];

    const message = definition.message.split('.').at(-1)?.toLowerCase();
    expect(definition.message).toContain(`outlay.${area}.events.v1.`);
    expect(message).toBe(`${subject}${fact}`.replaceAll('_', ''));
    expect(definition.owner.startsWith(area)).toBe(true);
  });

  it('covers every event message of the protos', () => {
    const defined = [...loadDescriptors()].flatMap((type) =>
      type.kind === 'message' && !type.parent && type.typeName.includes('.events.') ? [type.typeName] : [],
    );

    expect(defined.sort()).toEqual(catalogue.map(([, definition]) => definition.message).sort());
  });
});

describe('each queue', () => {
  it.each(Object.entries<QueueDefinition>(queues))(
    '%s stands under its own name and begins with its owner',
    (key, queue) => {
      expect(queue.name).toBe(key);
      expect(queue.name.startsWith(`${queue.owner}.`)).toBe(true);
    },
  );

  it('is found by the events it receives', () => {
    expect(queuesOf('outlay.tenancy.tenant.registered.v1').map((queue) => queue.name)).toEqual([
      'ledger.tenants',
      'notifications.mail',
      'reporting.projections',
    ]);
    expect(queuesOf('outlay.identity.session.revoked.v1')).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { type EventDefinition, type EventName, events, queues } from '@outlay/contracts';
import { type ProjectedEvent, toChange } from './change.ts';

/** The publisher's own example of an event, as it comes out of the envelope. */
function exampleOf(type: EventName): ProjectedEvent {
  const { codec, example }: EventDefinition = events[type];
  return { type, aggregateVersion: 1, data: codec.fromJSON(example) } as ProjectedEvent;
}

describe('reading events', () => {
  it.each(queues['reporting.projections'].events)('understands the example of %s', (type) => {
    expect(() => toChange(exampleOf(type))).not.toThrow();
  });

  it('takes of an expense what the figures depend on, in the currency of the books', () => {
    expect(toChange(exampleOf('outlay.ledger.expense.recorded.v1'))).toEqual({
      kind: 'expense',
      state: {
        expenseId: '0197a3c0-4444-7000-8000-000000000001',
        version: 1n,
        isPosted: true,
        expenseDate: '2025-01-15',
        currency: 'EUR',
        amountMinor: 12_180n,
        isRefund: false,
        categoryId: '0197a3c0-1111-7000-8000-000000000001',
        projectId: '0197a3c0-3333-7000-8000-000000000001',
        accountId: '0197a3c0-2222-7000-8000-000000000001',
        userId: '0197a3c0-6666-7000-8000-000000000001',
      },
      names: [
        { dimension: 'category', dimensionId: '0197a3c0-1111-7000-8000-000000000001', name: 'Software', version: 0n },
        { dimension: 'project', dimensionId: '0197a3c0-3333-7000-8000-000000000001', name: 'Website', version: 0n },
        {
          dimension: 'account',
          dimensionId: '0197a3c0-2222-7000-8000-000000000001',
          name: 'Company card',
          version: 0n,
        },
      ],
    });
  });

  it('counts a reversed expense no more', () => {
    expect(toChange(exampleOf('outlay.ledger.expense.reversed.v1'))).toMatchObject({
      state: { isPosted: false, version: 3n },
    });
  });

  it('understands an expense without category, project and account, left out or empty', () => {
    const event = exampleOf('outlay.ledger.expense.recorded.v1') as Extract<
      ProjectedEvent,
      { type: 'outlay.ledger.expense.recorded.v1' }
    >;
    Object.assign(event.data.expense!, { category: undefined, project: { id: '', name: '' }, account: undefined });

    expect(toChange(event)).toMatchObject({
      state: { categoryId: null, projectId: null, accountId: null },
      names: [],
    });
  });

  it.each([
    ['an id that is none', { id: 'expense-1' }],
    ['a date that is none', { expenseDate: '2025-02-30' }],
    ['no booked amount', { booked: undefined }],
    ['a status it does not know', { status: 'pending' }],
    ['no version', { version: 0n }],
  ])('refuses an expense with %s', (_, fault) => {
    const event = exampleOf('outlay.ledger.expense.recorded.v1') as Extract<
      ProjectedEvent,
      { type: 'outlay.ledger.expense.recorded.v1' }
    >;
    Object.assign(event.data.expense!, fault);

    expect(() => toChange(event)).toThrow();
  });
});

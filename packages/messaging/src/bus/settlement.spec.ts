import { describe, expect, it } from '@jest/globals';
import { describeError, settlementOf } from './settlement.ts';

const queue = { name: 'test.queue', events: [], attempts: 4, backoffMs: [200, 1_000] };

describe('settlementOf', () => {
  it('forgets what is done and releases what is given back', () => {
    expect(settlementOf(queue, 3, { kind: 'done' })).toEqual({ kind: 'forget' });
    expect(settlementOf(queue, 3, { kind: 'release' })).toEqual({ kind: 'release' });
  });

  it.each([
    [1, 200],
    [2, 1_000],
    [3, 1_000],
  ])('delivers again after attempt %i in %i ms, the last wait repeating', (attempt, delayMs) => {
    expect(settlementOf(queue, attempt, { kind: 'retry', error: new Error('no') })).toEqual({
      kind: 'again',
      attempt: attempt + 1,
      delayMs,
      error: 'Error: no',
    });
  });

  it.each([4, 5, 100])('parks after attempt %i, when all are used up', (attempt) => {
    expect(settlementOf(queue, attempt, { kind: 'retry', error: 'no' })).toEqual({
      kind: 'park',
      attempts: attempt,
      error: 'no',
    });
  });

  it.each([1, 4, 100])(
    'delivers a %i. attempt that has to wait again as the same, after the shortest wait',
    (attempt) => {
      expect(settlementOf(queue, attempt, { kind: 'wait', error: new Error('not now') })).toEqual({
        kind: 'again',
        attempt,
        delayMs: 200,
        error: 'Error: not now',
      });
    },
  );

  it('parks at once what can never be handled', () => {
    expect(settlementOf(queue, 1, { kind: 'park', error: 'bad' })).toEqual({ kind: 'park', attempts: 1, error: 'bad' });
  });

  it('delivers again at once when a queue has no back-off', () => {
    expect(settlementOf({ ...queue, backoffMs: [] }, 1, { kind: 'retry', error: 'no' })).toMatchObject({ delayMs: 0 });
  });
});

describe('describeError', () => {
  it('names the chain of causes', () => {
    const error = new TypeError('outer', { cause: new Error('middle', { cause: 'inner' }) });

    expect(describeError(error)).toBe('TypeError: outer <- Error: middle <- inner');
  });

  it('stays short enough for a header, and ends for an error that is its own cause', () => {
    const endless = new Error('x'.repeat(400));
    endless.cause = endless;

    expect(describeError(endless).length).toBeLessThanOrEqual(1_000);
  });
});

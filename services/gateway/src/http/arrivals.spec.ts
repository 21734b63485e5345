import { describe, expect, it } from '@jest/globals';
import { createArrivals } from './arrivals.ts';

const sender = (party: string, person = party) => ({ party, person });
const overloaded = expect.objectContaining({ kind: 'unavailable', code: 'overloaded' });

describe('Bodies on their way in', () => {
  it('are bounded for a person, who leaves room for colleagues', () => {
    const arrivals = createArrivals('body', { total: 100, ofParty: 5, ofPerson: 2 });
    arrivals.enter(sender('acme', 'mara'));
    const release = arrivals.enter(sender('acme', 'mara'));
    expect(() => arrivals.enter(sender('acme', 'mara'))).toThrow(overloaded);
    arrivals.enter(sender('acme', 'ben'));
    release();
    arrivals.enter(sender('acme', 'mara'));
    expect(arrivals.count()).toBe(3);
  });

  it('are bounded for a tenant, however many people it has', () => {
    const arrivals = createArrivals('body', { total: 100, ofParty: 3, ofPerson: 2 });
    for (const person of ['mara', 'ben', 'ida']) arrivals.enter(sender('acme', person));
    expect(() => arrivals.enter(sender('acme', 'tom'))).toThrow(overloaded);
    arrivals.enter(sender('brook', 'tom'));
  });

  it('leave room for others when they grow many', () => {
    const arrivals = createArrivals('body', { total: 8, ofParty: 8, ofPerson: 8 });
    for (let body = 0; body < 4; body += 1) arrivals.enter(sender('acme'));
    expect(() => arrivals.enter(sender('acme'))).toThrow(overloaded);
    arrivals.enter(sender('brook'));
    arrivals.enter(sender('brook', 'another'));
    expect(() => arrivals.enter(sender('brook'))).toThrow(overloaded);
    arrivals.enter(sender('cole'));
    arrivals.enter(sender('dune'));
    expect(arrivals.count()).toBe(8);
    expect(() => arrivals.enter(sender('elm'))).toThrow(overloaded);
  });
});

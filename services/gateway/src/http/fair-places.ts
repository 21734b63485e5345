import type { Release } from './admission.ts';

/** Who takes a place. */
export interface Taker {
  /** The tenant, or the address of a caller without one. */
  party: string;
  /** The person, API key or address. */
  person: string;
}

/** How many places there are. */
export interface PlaceLimits {
  total: number;
  ofParty: number;
  ofPerson: number;
}

/** Whose places are all taken. */
export type Whose = 'all' | 'party' | 'person';

/** Places that nobody waits for. */
export interface FairPlaces {
  /** A place until it is released; whose are all taken where there is none. */
  enter(taker: Taker): Release | Whose;
  count(): number;
}

/** From here on places are scarce, as a part of all. */
const scarceFrom = 0.5;

/**
 * Places for what is held as long as a client likes. A person has less than their tenant, so that one member cannot shut
 * the others out, and a tenant less than all; when places grow scarce each party is left its share of all.
 */
export function createFairPlaces(limits: PlaceLimits, onChange: (count: number) => void): FairPlaces {
  const parties = new Map<string, number>();
  const persons = new Map<string, number>();
  let count = 0;

  function refusedFor({ party, person }: Taker): Whose | undefined {
    if (count >= limits.total) return 'all';
    if ((persons.get(person) ?? 0) >= limits.ofPerson) return 'person';
    const ofParty = parties.get(party) ?? 0;
    if (ofParty >= limits.ofParty) return 'party';
    const isScarce = count >= limits.total * scarceFrom;
    return isScarce && ofParty >= Math.max(1, Math.floor(limits.total / (parties.size + 1))) ? 'party' : undefined;
  }

  function change(taker: Taker, by: 1 | -1): void {
    count += by;
    add(parties, taker.party, by);
    add(persons, taker.person, by);
    onChange(count);
  }

  return {
    enter(taker) {
      const whose = refusedFor(taker);
      if (whose) return whose;
      change(taker, 1);
      return () => change(taker, -1);
    },
    count: () => count,
  };
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const next = (counts.get(key) ?? 0) + change;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}

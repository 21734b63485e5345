import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { anEntry, chainOf, key, type SealedRecord, tenantId } from '../../../test/chain-of-entries.ts';
import { entryHashOf } from './entry-hash.ts';

describe('the bytes of the format', () => {
  it('are those that the document says', () => {
    const text = [
      'outlay journal entry 1',
      '0197a3c0-0000-7000-8000-000000000001',
      '0197a3c0-5555-7000-8000-000000000001',
      '2025-01-15T10:30:00.123456Z',
      '2025-01-15',
      'expense',
      '0197a3c0-4444-7000-8000-000000000001',
      '',
      'USD',
      '12550',
      '0.970518',
      'given',
      '2025-01-15',
      '1 0197a3c0-1111-7000-8000-000000000001 EUR 12180',
      '2 0197a3c0-2222-7000-8000-000000000001 EUR -12180',
      '',
    ].join('\n');
    const [{ seal }] = chainOf([1]) as [SealedRecord];

    expect(entryHashOf(tenantId, anEntry(1))).toEqual(createHash('sha256').update(text).digest());
    expect(seal.hash.toString('hex')).toBe('b4fdf7b55086539f44c55230501d5545476b439b3a8cc5df8409f8e306a6bd2a');
    expect(seal.signature.toString('hex')).toBe(
      'f2ac331db936efa4f763bae0fbeafc0076f09a673349179209a82ed29dd85e8bd61659b463a022b5f6c0db698ac3625ab024c01a00072f9a840944ea8a8a8101',
    );
    expect(key.id).toBe('10ba682c8ad13513');
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Purchase } from './file/parse-row.ts';
import { toVisiblePurchase } from './visible-purchase.ts';

const purchase: Purchase = {
  expenseDate: '2025-01-15',
  amount: { currency: 'EUR', amountMinor: 1_250n },
  ...{ booked: undefined, rate: undefined, amountColumn: 'Amount' },
  title: 'Design tool',
  vendor: 'Draftsman Ltd',
  description: 'Yearly\nVAT: 20',
  category: 'Software',
  categoryPath: ['IT', 'Software'],
  project: 'شرکت می\u200cخواهم',
  account: { name: 'Card', kind: 'card', currency: 'EUR' },
  tags: ['👨\u200d👩', 'office'],
  ...{ paymentMethod: '', tax: '', reference: '', sourceId: '', sourceSpace: '', unread: [] },
};

describe('A purchase of an import', () => {
  it('stays as it is where all of it can be seen', () => {
    expect(toVisiblePurchase(purchase)).toEqual(purchase);
  });

  it('loses what nobody sees, and names of nothing else', () => {
    const hidden: Purchase = {
      ...purchase,
      ...{ title: '\u202egnp.exe', vendor: 'Drafts\u200bman', category: '\u200b', categoryPath: ['IT', '\u200b'] },
      ...{
        project: '\u3164',
        account: { name: '\u2066', kind: 'card', currency: 'EUR' },
        tags: ['\u200b', 'a', 'a\u200b'],
      },
    };
    expect(toVisiblePurchase(hidden)).toEqual({
      ...purchase,
      ...{ title: 'gnp.exe', vendor: 'Draftsman', category: '', categoryPath: ['IT'] },
      ...{ project: '', account: undefined, tags: ['a'] },
    });
  });

  it.each([
    [{}, 'Draftsman Ltd'],
    [{ vendor: '\u200b' }, 'Yearly'],
    [{ vendor: '', description: '\u200b\nVAT: 20' }, 'Software'],
    [{ vendor: '', description: '', category: '\u200b' }, 'Purchase without a name'],
  ])('whose title cannot be seen is called by what it has, but for %j: %s', (without, title) => {
    expect(toVisiblePurchase({ ...purchase, ...without, title: '\u200b\u202e' }).title).toBe(title);
  });
});

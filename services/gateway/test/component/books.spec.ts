import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const account = { id: newId(), class: 'expense', name: 'Software' };
const beyondSixtyFourBits = '123456789012345678901234567890';
const balances = [
  { currency: 'EUR', debitsMinor: beyondSixtyFourBits, creditsMinor: '5', balanceMinor: '-5' },
  { currency: 'JPY', debitsMinor: '500', creditsMinor: '0', balanceMinor: '500' },
  { currency: 'KWD', debitsMinor: '1', creditsMinor: '0', balanceMinor: '1' },
];
const knownAsOf = '2025-02-01T09:00:00.000000Z';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    handlers: {
      ledger: {
        listBalances: () => ({ accounts: [{ account, balances }], knownAsOf, page: undefined }),
        getTrialBalance: () => ({ totals: balances, accounts: [], knownAsOf, isBalanced: true }),
        listAccountEntries: () => ({
          ...{ account, knownAsOf, page: undefined },
          opening: [{ currency: 'JPY', balanceMinor: '-7' }],
          closing: [{ currency: 'EUR', balanceMinor: beyondSixtyFourBits }],
          entries: [
            {
              ...{ entryId: newId(), line: 1, effectiveDate: '2025-01-15', recordedAt: '2025-01-15T10:30:00.123456Z' },
              ...{ kind: 'expense', expenseId: '', description: 'Design tool', currency: 'EUR' },
              ...{ amountMinor: -12550n, balanceMinor: beyondSixtyFourBits },
            },
          ],
        }),
      },
    },
  });
});
afterAll(() => gateway.stop());

const get = async (path: string) => {
  const answer = await gateway.fetch(`/api/v1/ledger/${path}`);
  return { status: answer.status, body: await answer.json() };
};

describe('The books speak of money as the rest of the API does', () => {
  const shown = [
    { currency: 'EUR', debits: '1234567890123456789012345678.90', credits: '0.05', balance: '-0.05' },
    { currency: 'JPY', debits: '500', credits: '0', balance: '500' },
    { currency: 'KWD', debits: '0.001', credits: '0.000', balance: '0.001' },
  ];

  it('in balances, however large', async () => {
    expect((await get('balances')).body.data).toMatchObject([{ balances: shown }]);
  });

  it('in the trial balance', async () => {
    expect((await get('trial-balance')).body.totals).toEqual(shown);
  });

  it('in the entries of an account', async () => {
    const { body } = await get(`accounts/${account.id}/entries`);

    expect(body).toMatchObject({
      opening: [{ currency: 'JPY', balance: '-7' }],
      closing: [{ currency: 'EUR', balance: '1234567890123456789012345678.90' }],
      data: [{ currency: 'EUR', amount: '-125.50', balance: '1234567890123456789012345678.90' }],
    });
  });
});

describe('An instant that is no instant in UTC', () => {
  it.each(['2025-02-01', '2025-02-01T00:00:00', '2025-02-01T00:00:00%2B01:00', '2025-02-01T00:00:00.1234567Z', 'now'])(
    'is refused with the form that is wanted: %s',
    async (instant) => {
      const { status, body } = await get(`trial-balance?known_as_of=${instant}`);

      expect(status).toBe(422);
      expect(body.errors).toMatchObject([
        { field: 'known_as_of', message: expect.stringContaining('such as 2025-02-01T00:00:00Z') },
      ]);
    },
  );
});

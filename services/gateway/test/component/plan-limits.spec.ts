import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@outlay/platform';
import { anExpense } from '../support/fake-expenses.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway } from '../support/start-gateway.ts';

const expense = { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
const project = '0197a3c0-3333-7000-8000-000000000001';

describe('a limit of the plan', () => {
  it('is a 403 that says which, how much of it is used and what can be done', async () => {
    const meta = {
      metric: 'expenses_per_project',
      limit: '100',
      used: '100',
      remedy: 'Begin another.',
      scope_id: project,
    };
    await using gateway = await startGateway({
      handlers: {
        ledger: {
          recordExpense: () => {
            throw rpcError(new DomainError('forbidden', 'plan_limit_reached', 'The plan allows 100', { meta }));
          },
        },
      },
    });

    const answer = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense });

    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'plan_limit_reached', ...meta, limit: 100, used: 100 });
  });

  it('that is soft is a warning beside what was made, and none is nothing', async () => {
    const warning = { code: 'plan_limit_exceeded', message: 'Too many', metric: 'expenses_total', limit: 2n, used: 3n };
    let warnings: object[] = [{ ...warning, scopeId: '' }];
    await using gateway = await startGateway({
      handlers: { ledger: { recordExpense: () => ({ expense: anExpense(), replayed: false, warnings }) } },
    });

    const warned = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense });
    warnings = [];
    const fine = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense });

    expect(warned.status).toBe(201);
    expect((await warned.json()).warnings).toEqual([{ ...warning, limit: 2, used: 3, scope_id: null }]);
    expect(await fine.json()).not.toHaveProperty('warnings');
  });

  it('can be read beside how much of it is used', async () => {
    await using gateway = await startGateway();

    const answer = await gateway.fetch('/api/v1/usage');

    expect([answer.status, await answer.json()]).toEqual([
      200,
      { data: [{ metric: 'projects', limit: 3, mode: 'hard', used: 2, scope_id: null }] },
    ]);
  });
});

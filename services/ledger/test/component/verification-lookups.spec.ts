import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createDatabase,
  createSilentLogger,
  type NamedStatement,
  nilId,
  type Session,
  systemContext,
  toTenantId,
} from '@outlay/platform';
import { compareExpenses } from '../../src/seals/compare-expenses.ts';
import { compareReferences } from '../../src/seals/compare-references.ts';
import { auditedReferences } from '../../src/seals/reference-statements.ts';
import { tenantWithAll } from './driver/forged-subjects.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('the comparison', () => {
  it.each(['expense', ...auditedReferences] as const)(
    'looks up audit entries of each %s by its id alone',
    async (what) => {
      const { tenant } = await tenantWithAll(ledger);
      const url = ledger.database.urlFor('ledger');
      const database = createDatabase({ url, applicationName: 'plans', logger: createSilentLogger() });
      const conditions = await database.withTenant(systemContext(toTenantId(tenant.tenantId)), async (session) => {
        const found: string[] = [];
        const query: Session['query'] = async (statement: NamedStatement, values: unknown[] = []) => {
          if (statement.name.startsWith('compare_')) {
            await session.query(`prepare looked_at as ${statement.text}`);
            const given = values.map((value) => `'${Array.isArray(value) ? `{${value}}` : value}'`).join(', ');
            const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain execute looked_at (${given})`);
            const lines = rows.map((row) => row['QUERY PLAN']);
            found.push(
              ...lines.flatMap((line, at) => (/ on audit_entries_\d/.test(line) ? lines[at + 1]!.trim() : [])),
            );
          }
          return session.query(statement, values);
        };
        const spy = Object.assign(Object.create(session), { query, tenantId: session.tenantId }) as Session;
        const until = new Date().toISOString();
        if (what === 'expense') await compareExpenses(spy, nilId, 1_000, until);
        else await compareReferences(spy, what, nilId, 1_000, until);
        return found;
      });
      await database.close();

      expect(conditions.length).toBeGreaterThan(0);
      for (const condition of conditions) {
        expect(condition).toMatch(/^Index Cond: .*entity = '[a-z_]+'::text\) AND \(entity_id >= /);
      }
    },
  );
});

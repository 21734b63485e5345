import pg from 'pg';
import type { TestDatabase } from './database.ts';

/** A connection with the login role of a service: what whoever got hold of its password could do. */
export interface ServiceRole {
  /** Runs a statement that names no tenant. */
  query(text: string): Promise<pg.QueryResult>;
  /** Runs a statement in a transaction of its own that names the tenant. Rejects with PostgreSQL's error. */
  as(tenantId: string, text: string, values?: unknown[]): Promise<pg.QueryResult>;
  end(): Promise<void>;
}

/** Connects as the service that the schema belongs to. */
export async function connectAsService(database: TestDatabase, schema: string): Promise<ServiceRole> {
  const role = new pg.Client({ connectionString: database.urlFor(schema) });
  await role.connect();
  return {
    query: (text) => role.query(text),
    async as(tenantId, text, values = []) {
      await role.query('begin');
      try {
        await role.query("select set_config('app.tenant_id', $1, true)", [tenantId]);
        const result = await role.query(text, values);
        await role.query('commit');
        return result;
      } catch (error) {
        await role.query('rollback');
        throw error;
      }
    },
    end: () => role.end(),
  };
}

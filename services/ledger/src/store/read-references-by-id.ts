import { nilId, type Session } from '@outlay/platform';

/** What expenses refer to. */
export const referenceKinds = ['account', 'category', 'project'] as const;

type ReferenceKind = (typeof referenceKinds)[number];

/** What something is called that expenses refer to, and since which version of it. */
export interface NamedReference {
  kind: ReferenceKind;
  id: string;
  name: string;
  version: bigint;
}

/** The next of a kind, archived ones included, in the order of their ids, which is that of the primary key. */
export async function readReferencesById(
  session: Session,
  kind: ReferenceKind,
  after: string | undefined,
  count: number,
): Promise<NamedReference[]> {
  const { rows } = await session.query<Omit<NamedReference, 'kind'>>(statements[kind], [
    ...[session.tenantId, after ?? nilId, count],
  ]);
  return rows.map((row) => ({ kind, ...row }));
}

const statement = (table: 'accounts' | 'categories' | 'projects') => ({
  name: `read_${table}_by_id`,
  text: `
select ${table}.id, ${table}.name, ${table}.version from ${table}
where ${table}.tenant_id = $1 and ${table}.id > $2
order by ${table}.id
limit $3`,
});

const statements = {
  account: statement('accounts'),
  category: statement('categories'),
  project: statement('projects'),
};

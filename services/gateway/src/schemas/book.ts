import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { currency, instant, pageOf, present, renderInstant, text, uuid, version } from './common.ts';

const named = { id: uuid, name: z.string(), version, created_at: instant };

export const categorySchema = z.strictObject(named).meta({ id: 'Category', description: 'What expenses are for.' });
export const categoryPage = pageOf('CategoryPage', categorySchema);

export const projectSchema = z
  .strictObject(named)
  .meta({ id: 'Project', description: 'Whom or what expenses are made for.' });
export const projectPage = pageOf('ProjectPage', projectSchema);

const kind = z.enum(['cash', 'bank', 'card', 'other']);

export const accountSchema = z
  .strictObject({ ...named, kind, currency })
  .meta({ id: 'Account', description: 'What expenses are paid from.' });
export const accountPage = pageOf('AccountPage', accountSchema);

export const createCategoryBody = z.strictObject({ name: text(200) }).meta({ id: 'NewCategory' });
export const createProjectBody = z.strictObject({ name: text(200) }).meta({ id: 'NewProject' });
export const createAccountBody = z.strictObject({ name: text(200), kind, currency }).meta({ id: 'NewAccount' });

export const categoryExample: z.input<typeof categorySchema> = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  name: 'Software',
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

export const projectExample: z.input<typeof projectSchema> = {
  id: '0197a3c0-3333-7000-8000-000000000001',
  name: 'Website',
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

export const accountExample: z.input<typeof accountSchema> = {
  id: '0197a3c0-2222-7000-8000-000000000001',
  name: 'Company card',
  kind: 'card',
  currency: 'EUR',
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

/** A category or a project: they say the same of themselves. */
export function renderNamed(given: ledger.Category | ledger.Project | undefined): z.input<typeof categorySchema> {
  const { id, name, version, createdAt } = present(given, 'what was asked for');
  return { id, name, version: Number(version), created_at: renderInstant(createdAt) };
}

export function renderAccount(given: ledger.Account | undefined): z.input<typeof accountSchema> {
  const account = present(given, 'an account');
  return {
    ...renderNamed(account),
    kind: account.kind as z.output<typeof kind>,
    currency: account.currency,
  };
}

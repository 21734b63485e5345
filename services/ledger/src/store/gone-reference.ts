import { type DomainError, invalid } from '@outlay/platform';

/** The foreign keys of expenses, and the fields that are in them. */
const fields: Readonly<Record<string, string>> = {
  expenses_tenant_id_category_id_fkey: 'category_id',
  expenses_tenant_id_account_id_fkey: 'account_id',
  expenses_tenant_id_project_id_fkey: 'project_id',
};

/**
 * What a failure means to an expense that referred to something which was there when it was looked up and was deleted before
 * the expense was written: invalid with the field (not_found). Undefined for every other failure.
 */
export function goneReferenceOf(failure: unknown): DomainError | undefined {
  const { code, constraint } = Object(failure) as { code?: unknown; constraint?: unknown };
  const field = code === '23503' ? fields[String(constraint)] : undefined;
  return field === undefined ? undefined : invalid(field, 'not_found', 'names nothing that exists');
}

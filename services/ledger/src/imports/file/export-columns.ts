/** The first line of our own export of expenses. */
export const exportHeader = [
  ...(['id', 'expense_date', 'amount', 'currency', 'booked_amount', 'booked_currency', 'exchange_rate'] as const),
  ...(['rate_source', 'rate_date', 'title', 'description', 'category', 'category_path', 'account'] as const),
  ...(['account_kind', 'account_currency', 'project', 'payment_method', 'tags', 'vendor', 'status'] as const),
  ...(['user_id', 'created_at'] as const),
] as const;

export type ExportName = (typeof exportHeader)[number];

/** Without these there is nothing to be made of a row. */
const needed: readonly ExportName[] = ['expense_date', 'amount', 'currency', 'title'];

/** What nobody else calls a column, and how many of them make a table an export of ours. */
const telling: readonly ExportName[] = [
  ...(['booked_amount', 'booked_currency', 'rate_source', 'rate_date', 'category_path'] as const),
  ...(['account_kind', 'account_currency'] as const),
];
const tellingMin = 3;

/** Which of our columns a header is, in whatever case it was saved. */
export function exportNameOf(header: string): ExportName | undefined {
  const name = header
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  return exportHeader.find((own) => own === name);
}

/** Where each of our columns stands in a header; of those that come twice the first. */
export function exportColumns(header: readonly string[]): ReadonlyMap<ExportName, number> {
  const places = new Map<ExportName, number>();
  for (const [index, text] of header.entries()) {
    const name = exportNameOf(text);
    if (name !== undefined && !places.has(name)) places.set(name, index);
  }
  return places;
}

/** An export of ours, though columns were moved, left out or added since. */
export function isExportHeader(header: readonly string[]): boolean {
  const places = exportColumns(header);
  return needed.every((name) => places.has(name)) && telling.filter((name) => places.has(name)).length >= tellingMin;
}

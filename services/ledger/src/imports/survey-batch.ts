import type { Database, Session, TenantContext } from '@outlay/platform';
import { findRepeated } from './claim-purchases.ts';
import { type PricedRow, priceBatch } from './decide-batch.ts';
import { advance, storeSurvey, takeBatch } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { findKnown } from './known-purchases.ts';
import { refuseUnknown } from './known-references.ts';
import { noteLook } from './looks.ts';
import type { Batch } from './read-batches.ts';
import { resolveNames } from './resolve-names.ts';
import { insertFates, repeatsWithin } from './row-store.ts';
import { addRows, emptySurvey } from './survey.ts';

/**
 * Looks at the rows of a batch as booking it would, and books nothing: what each would become, what all come to, and what they
 * name. The fates are kept: of a preview for people to see, else so that no more is booked than was counted. As with bookBatch,
 * each batch counts once.
 */
export function surveyBatch(
  { database }: { database: Database },
  context: TenantContext,
  state: ImportState,
  batch: Batch,
  given: { tenantCurrency: string },
): Promise<ImportState | undefined> {
  return database.withTenant(context, async (session) => {
    if (!(await takeBatch(session, context, state.id, { stage: 'surveying', ...batch }))) return undefined;
    const { priced, refused } = await priceBatch(session, batch, given.tenantCurrency);
    const own = await findKnown(session, context, state.userId, priced);
    const repeated = await findRepeated(session, context, priced);
    const originals = priced.map(({ line }, index) => own.get(line) ?? repeated[index]);
    const news = priced.filter((_, index) => originals[index] === undefined);
    const named = await resolveNames(session, context, state, news);
    const { known, unknown } = await refuseUnknown(session, context, state, named);
    const fresh = known.filter(({ isRepeat }) => !isRepeat);
    const repeatedBefore = priced.flatMap(({ line }, index) => {
      const expenseId = originals[index];
      return expenseId === undefined ? [] : [{ line, expenseId, fate: 'duplicate' as const }];
    });
    const duplicates = [...repeatedBefore, ...repeatsWithin(known)];
    const refusals = [...refused, ...unknown];
    if (state.isPreview) {
      const fates = [
        ...fresh.map(({ line }) => ({ line, fate: 'new' as const })),
        ...duplicates,
        ...batch.skipped.map(({ line, fault }) => ({ line, fault, fate: 'skipped' as const })),
        ...refusals.map(({ line, fault }) => ({ line, fault, fate: 'refused' as const })),
      ];
      await insertFates(session, context, state.id, fates, { replaces: false });
    }
    const unreadable = new Set(batch.refused.map(({ line }) => line));
    const refusable = refusals.filter(({ line }) => !unreadable.has(line));
    await noteLook(session, context, state.id, {
      start: batch.start,
      // What a row says by itself it says for ever.
      fates: state.isPreview
        ? []
        : [...repeatedBefore, ...refusable.map((row) => ({ ...row, fate: 'refused' as const }))],
      projects: fresh.map(({ purchase }) => purchase.project),
    });
    await collectReferences(session, context, state.id, fresh);
    const counts = { duplicates: duplicates.length, skipped: batch.skipped.length, refused: refusals.length };
    const stage = { id: state.id, stage: 'surveying' as const };
    const advanced = await advance(session, context, stage, { fresh: fresh.length, imported: 0, ...counts });
    const survey = addRows(
      advanced.survey ?? emptySurvey(given.tenantCurrency),
      fresh.map(({ purchase }) => purchase),
      batch.skipped.map(({ fault }) => fault),
    );
    await storeSurvey(session, context, state.id, survey);
    return { ...advanced, survey };
  });
}

/** Notes the names that rows need. */
async function collectReferences(
  session: Session,
  context: TenantContext,
  importId: string,
  fresh: readonly PricedRow[],
): Promise<void> {
  const names = new Map<string, { kind: string; name: string }>();
  const add = (kind: string, name: string | undefined): void => {
    if (name) names.set(`${kind} ${name}`, { kind, name });
  };
  for (const { purchase } of fresh) {
    add('account', purchase.account?.name);
    add('category', purchase.category);
    for (const name of purchase.categoryPath) add('category', name);
    add('project', purchase.project);
  }
  const wanted = [...names.values()];
  if (wanted.length === 0) return;
  await session.query(collectStatement, [
    ...[context.tenantId, importId, wanted.map(({ kind }) => kind), wanted.map(({ name }) => name)],
  ]);
}

// In one order, as other batches of the file collect the same names at the same time.
const collectStatement = {
  name: 'collect_import_references',
  text: `
insert into import_references (tenant_id, import_id, kind, name)
select $1::uuid, $2::uuid, wanted.kind, wanted.name
from unnest($3::text[], $4::text[]) as wanted (kind, name)
order by wanted.kind, wanted.name
on conflict do nothing`,
};

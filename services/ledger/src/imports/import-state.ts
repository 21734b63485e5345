import { importFileKinds } from '@outlay/contracts';
import { z } from 'zod';
import { fileFormat } from './file/file-format.ts';
import { importMapping } from './file/mapping.ts';
import { survey } from './survey.ts';

/** A preview that shows its rows: they have been looked at, or the look at them has failed. */
export const isKeptPreview = "(imports.status = 'previewed' or (imports.status = 'failed' and imports.is_preview))";

/** It is over when its day is, whether somebody has come to note it or not. */
const isLapsed = `${isKeptPreview} and imports.expires_at <= now()`;

/** Columns of a row of imports, in the order and under the names that importState reads. */
export const importColumns = `imports.id, imports.actor_kind, imports.user_id, imports.request_id,
  imports.correlation_id, case when ${isLapsed} then 'expired' else imports.status end as status, imports.stage, imports.is_preview, imports.file_name, imports.file_kind, imports.encoding,
  imports.mapping, imports.mapping_id, imports.format, imports.survey, imports.rows_total, imports.fresh, imports.imported,
  imports.duplicates, imports.skipped, imports.refused, imports.attempts, imports.failure_code, imports.failure_message,
  imports.undo_actor_kind, imports.undo_user_id, imports.undo_request_id, imports.undo_correlation_id, imports.reversed,
  imports.already_reversed, imports.makes_references, imports.references_removed, cardinality(imports.undo_left_out) as undo_left_out, imports.version, imports.created_at, imports.expires_at,
  coalesce(imports.finished_at, case when ${isLapsed} then imports.expires_at end) as finished_at, imports.undone_at,
  imports.waits_since, imports.made_beside is not null as is_look_begun, imports.committed_currency, imports.claims_own`;

const actorKind = z.enum(['user', 'api_key']);

/** A row of imports. */
export const importState = z
  .object({
    id: z.string(),
    actor_kind: actorKind,
    user_id: z.string(),
    request_id: z.string(),
    correlation_id: z.string().nullable(),
    status: z.enum(['processing', 'previewed', 'expired', 'completed', 'failed', 'undoing', 'undone']),
    stage: z.enum(['surveying', 'booking']),
    is_preview: z.boolean(),
    file_name: z.string(),
    file_kind: z.enum(importFileKinds),
    encoding: fileFormat.shape.encoding,
    mapping: importMapping.nullable(),
    mapping_id: z.string().nullable(),
    format: fileFormat.nullable(),
    survey: survey.nullable(),
    rows_total: z.int(),
    fresh: z.int(),
    imported: z.int(),
    duplicates: z.int(),
    skipped: z.int(),
    refused: z.int(),
    attempts: z.int(),
    failure_code: z.string(),
    failure_message: z.string(),
    undo_actor_kind: actorKind.nullable(),
    undo_user_id: z.string().nullable(),
    undo_request_id: z.string().nullable(),
    undo_correlation_id: z.string().nullable(),
    reversed: z.int(),
    already_reversed: z.int(),
    makes_references: z.boolean(),
    references_removed: z.int(),
    undo_left_out: z.int(),
    version: z.bigint(),
    created_at: z.date(),
    expires_at: z.date().nullable(),
    finished_at: z.date().nullable(),
    undone_at: z.date().nullable(),
    waits_since: z.date().nullable(),
    is_look_begun: z.boolean(),
    committed_currency: z.string().nullable(),
    claims_own: z.boolean(),
  })
  .transform((row) => ({
    id: row.id,
    actorKind: row.actor_kind,
    userId: row.user_id,
    requestId: row.request_id,
    correlationId: row.correlation_id ?? undefined,
    status: row.status,
    stage: row.stage,
    isPreview: row.is_preview,
    fileName: row.file_name,
    fileKind: row.file_kind,
    encoding: row.encoding,
    mapping: row.mapping ?? undefined,
    mappingId: row.mapping_id ?? undefined,
    format: row.format ?? undefined,
    survey: row.survey ?? undefined,
    rowsTotal: row.rows_total,
    rowsDone: row.fresh + row.imported + row.duplicates + row.skipped + row.refused,
    fresh: row.fresh,
    imported: row.imported,
    duplicates: row.duplicates,
    skipped: row.skipped,
    refused: row.refused,
    attempts: row.attempts,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    undoneBy:
      row.undo_actor_kind && row.undo_user_id && row.undo_request_id
        ? {
            kind: row.undo_actor_kind,
            id: row.undo_user_id,
            requestId: row.undo_request_id,
            correlationId: row.undo_correlation_id ?? undefined,
          }
        : undefined,
    reversed: row.reversed,
    alreadyReversed: row.already_reversed,
    /** Whether what rows name and is not there is made. */
    makesReferences: row.makes_references,
    referencesRemoved: row.references_removed,
    undoLeftOut: row.undo_left_out,
    version: row.version,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    undoneAt: row.undone_at ?? undefined,
    /** Set while it waits for the places that other imports have reserved. */
    waitsSince: row.waits_since ?? undefined,
    /** Whether the look at its rows has begun: none is looked at before. */
    isLookBegun: row.is_look_begun,
    /** Of a preview that was committed: the currency in which it was seen. */
    committedCurrency: row.committed_currency ?? undefined,
    /** Whether a member sent it (claim-spaces.ts). */
    claimsOwn: row.claims_own,
  }));

/** A file that is being taken in or was, and how far it has come. */
export type ImportState = z.output<typeof importState>;

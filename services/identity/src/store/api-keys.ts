import type { Scope } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import type { ApiKey } from '../domain/api-key.ts';
import type { IdentityDatabase } from './database.ts';

type Queries = Pick<Session, 'query'>;

/** A key with what is shown of its secrets; `now` is the parameter with the instant. */
const selectKeys = (now: string) => `
  select
    api_keys.id, api_keys.name, api_keys.scopes, api_keys.created_by as "createdBy",
    api_keys.created_at as "createdAt", api_keys.expires_at as "expiresAt", api_keys.last_used_at as "lastUsedAt",
    api_keys.revoked_at as "revokedAt", api_keys.version,
    (
      select secrets.prefix from api_key_secrets as secrets
      where secrets.api_key_id = api_keys.id and secrets.ends_at is null
    ) as prefix,
    (
      select max(secrets.ends_at) from api_key_secrets as secrets
      where secrets.api_key_id = api_keys.id and secrets.ends_at > ${now} and secrets.revoked_at is null
    ) as "overlapEndsAt"
  from api_keys`;

type Optional = 'expiresAt' | 'lastUsedAt' | 'revokedAt' | 'overlapEndsAt';
type Row = Omit<ApiKey, Optional> & Record<Optional, Date | null>;

const toApiKey = (row: Row): ApiKey => ({
  ...row,
  expiresAt: row.expiresAt ?? undefined,
  lastUsedAt: row.lastUsedAt ?? undefined,
  revokedAt: row.revokedAt ?? undefined,
  overlapEndsAt: row.overlapEndsAt ?? undefined,
});

const selectOne = {
  name: 'identity_select_api_key',
  text: `${selectKeys('$3')} where api_keys.tenant_id = $1 and api_keys.id = $2`,
};

const lockOne = { name: 'identity_lock_api_key', text: `${selectOne.text} for update of api_keys` };

/** A key of the session's tenant. */
export async function findApiKey(
  session: Queries,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<ApiKey | undefined> {
  const { rows } = await session.query<Row>(selectOne, [tenantId, id, now]);
  return rows[0] && toApiKey(rows[0]);
}

/** The same, which nobody else changes before the transaction has ended. */
export async function lockApiKey(
  session: Queries,
  tenantId: string,
  { id, now }: { id: string; now: Date },
): Promise<ApiKey | undefined> {
  const { rows } = await session.query<Row>(lockOne, [tenantId, id, now]);
  return rows[0] && toApiKey(rows[0]);
}

const selectPage = {
  name: 'identity_select_api_keys',
  text: `${selectKeys('$2')}
    where api_keys.tenant_id = $1 and ($3::uuid is null or api_keys.id < $3)
    order by api_keys.id desc
    limit $4`,
};

/** The keys of the session's tenant, newest first, those that work no more too. */
export async function listApiKeys(
  session: Queries,
  tenantId: string,
  list: { now: Date; after: string | undefined; limit: number },
): Promise<ApiKey[]> {
  const { rows } = await session.query<Row>(selectPage, [tenantId, list.now, list.after ?? null, list.limit]);
  return rows.map(toApiKey);
}

const countActive = {
  name: 'identity_count_active_api_keys',
  text: `
    select count(*)::int as count from api_keys
    where api_keys.tenant_id = $1 and api_keys.revoked_at is null
      and (api_keys.expires_at is null or api_keys.expires_at > $2)`,
};

/** How many keys of the session's tenant work. */
export async function countActiveKeys(session: Queries, tenantId: string, now: Date): Promise<number> {
  const { rows } = await session.query<{ count: number }>(countActive, [tenantId, now]);
  return rows[0]?.count ?? 0;
}

const insertKey = {
  name: 'identity_insert_api_key',
  text: `
    insert into api_keys (tenant_id, id, name, scopes, created_by, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7)`,
};

const insertSecret = {
  name: 'identity_insert_api_key_secret',
  text: `
    insert into api_key_secrets (secret_hash, api_key_id, acting_tenant_id, prefix, created_at)
    values ($1, $2, $3, $4, $5)`,
};

export async function insertApiKey(
  session: Queries,
  tenantId: string,
  key: Pick<ApiKey, 'id' | 'name' | 'scopes' | 'prefix' | 'createdBy' | 'createdAt' | 'expiresAt'>,
  secretHash: Buffer,
): Promise<void> {
  const { id, name, scopes, prefix, createdBy, createdAt, expiresAt } = key;
  await session.query(insertKey, [tenantId, id, name, scopes, createdBy, createdAt, expiresAt ?? null]);
  await session.query(insertSecret, [secretHash, id, tenantId, prefix, createdAt]);
}

const update = {
  name: 'identity_update_api_key',
  text: `
    update api_keys
    set name = $3, scopes = $4, version = version + 1
    where api_keys.tenant_id = $1 and api_keys.id = $2`,
};

export async function updateApiKey(
  session: Queries,
  tenantId: string,
  change: { id: string; name: string; scopes: readonly Scope[] },
): Promise<void> {
  await session.query(update, [tenantId, change.id, change.name, change.scopes]);
}

const forgetEarlier = {
  name: 'identity_delete_earlier_api_key_secret',
  text: `delete from api_key_secrets where api_key_secrets.api_key_id = $1 and api_key_secrets.ends_at is not null`,
};

const endNewest = {
  name: 'identity_end_api_key_secret',
  text: `
    update api_key_secrets
    set ends_at = $2
    where api_key_secrets.api_key_id = $1 and api_key_secrets.ends_at is null`,
};

const noteRotation = {
  name: 'identity_note_api_key_rotation',
  text: `update api_keys set version = version + 1 where api_keys.tenant_id = $1 and api_keys.id = $2`,
};

/** Gives a key another secret; the one before works until `formerEndsAt`, any earlier one no more. */
export async function replaceSecret(
  session: Queries,
  tenantId: string,
  rotation: { id: string; secretHash: Buffer; prefix: string; at: Date; formerEndsAt: Date },
): Promise<void> {
  const { id, secretHash, prefix, at, formerEndsAt } = rotation;
  await session.query(forgetEarlier, [id]);
  await session.query(endNewest, [id, formerEndsAt]);
  await session.query(insertSecret, [secretHash, id, tenantId, prefix, at]);
  await session.query(noteRotation, [tenantId, id]);
}

const revokeKey = {
  name: 'identity_revoke_api_key',
  text: `
    update api_keys
    set revoked_at = $3, version = version + 1
    where api_keys.tenant_id = $1 and api_keys.id = $2`,
};

const revokeSecrets = {
  name: 'identity_revoke_api_key_secrets',
  text: `update api_key_secrets set revoked_at = $2 where api_key_secrets.api_key_id = $1`,
};

export async function markApiKeyRevoked(
  session: Queries,
  tenantId: string,
  { id, at }: { id: string; at: Date },
): Promise<void> {
  await session.query(revokeKey, [tenantId, id, at]);
  await session.query(revokeSecrets, [id, at]);
}

/**
 * One round trip, as every machine's requests wait for it. The secret's tenant becomes the transaction's in `presented`;
 * the fence (`offset 0`) keeps the key from being looked at before that.
 */
const selectBySecret = {
  name: 'identity_select_api_key_by_secret',
  text: `
    with presented as materialized (
      select secrets.api_key_id, secrets.acting_tenant_id, secrets.ends_at,
        set_config('app.tenant_id', secrets.acting_tenant_id::text, true) as scope
      from api_key_secrets as secrets
      where secrets.secret_hash = $1 and secrets.revoked_at is null
        and (secrets.ends_at is null or secrets.ends_at > $2)
    )
    select key.id, presented.acting_tenant_id as "tenantId", key.scopes, key."lastUsedAt",
      least(key.expires_at, presented.ends_at) as "endsAt"
    from presented
    cross join lateral (
      select api_keys.id, api_keys.scopes, api_keys.expires_at, api_keys.last_used_at as "lastUsedAt"
      from api_keys
      where api_keys.tenant_id = presented.acting_tenant_id and api_keys.id = presented.api_key_id
        and presented.scope is not null and api_keys.revoked_at is null
        and (api_keys.expires_at is null or api_keys.expires_at > $2)
      offset 0
    ) as key`,
};

/** What the holder of a secret may do. */
export interface PresentedKey {
  id: string;
  tenantId: string;
  scopes: string[];
  lastUsedAt: Date | undefined;
  /** When the secret or its key ends, whichever comes first; undefined: never. */
  endsAt: Date | undefined;
}

/** The key of a secret that works at this instant. */
export async function findBySecret(
  database: IdentityDatabase,
  { secretHash, now }: { secretHash: Buffer; now: Date },
): Promise<PresentedKey | undefined> {
  type Found = Omit<PresentedKey, 'lastUsedAt' | 'endsAt'> & { lastUsedAt: Date | null; endsAt: Date | null };
  const [found] = await database.once<Found>(selectBySecret, [secretHash, now]);
  return found && { ...found, lastUsedAt: found.lastUsedAt ?? undefined, endsAt: found.endsAt ?? undefined };
}

const noteUse = {
  name: 'identity_note_api_key_use',
  text: `
    update api_keys
    set last_used_at = $3
    where api_keys.tenant_id = $1 and api_keys.id = $2
      and (api_keys.last_used_at is null or api_keys.last_used_at < $3)`,
};

/** Notes that a key of the session's tenant was used. */
export async function noteApiKeyUse(
  session: Queries,
  tenantId: string,
  { id, at }: { id: string; at: Date },
): Promise<void> {
  await session.query(noteUse, [tenantId, id, at]);
}

-- Up Migration

-- The log is append-only by more than good manners: of an entry nothing can change but where it came from, and that only
-- to nothing, as the erasure of a person does under the system role. The owner is held by it as well.
create function refuse_security_event_change() returns trigger
language plpgsql set search_path from current as $$
begin
  if (new.client_address = old.client_address or new.client_address = '')
    and (new.user_agent = old.user_agent or new.user_agent = '')
    and (new.tenant_id, new.id, new.recorded_at, new.kind, new.actor_kind, new.actor_id, new.details)
      = (old.tenant_id, old.id, old.recorded_at, old.kind, old.actor_kind, old.actor_id, old.details)
    and new.user_id is not distinct from old.user_id
  then
    return new;
  end if;
  raise exception 'the security log is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger security_events_append_only before update on security_events
  for each row execute function refuse_security_event_change();
do $$
begin
  execute format('revoke update (client_address, user_agent) on security_events from %I', 'outlay_' || current_schema());
end
$$;

-- What is done to the platform as a whole, such as giving it another signing key: there is no tenant in whose log it could
-- stand. Written and never changed.
create table platform_events (
  id uuid primary key,
  recorded_at timestamptz not null,
  kind text not null,
  actor_kind text not null check (actor_kind in ('user', 'service')),
  actor_id text not null,
  client_address text not null default '',
  user_agent text not null default '',
  details jsonb not null default '{}'
);
call protect_global_table('platform_events', 'select, insert');

-- Invitations and keys are deleted a while after their end; the log of what was done with them stays.
call grant_system('invitations', 'select, delete');
call grant_system('api_keys', 'select, delete');

-- What the nightly clean-up looks for.
create index refresh_tokens_expires_at on refresh_tokens (expires_at);
create index login_failures_expire on login_failures (expire);
create index sign_in_failures_attempted_at on sign_in_failures (attempted_at);
create index invitations_expires_at on invitations (expires_at);
create index api_keys_revoked_at on api_keys (revoked_at) where revoked_at is not null;
create index api_keys_expires_at on api_keys (expires_at) where expires_at is not null;

-- Down Migration

drop index api_keys_expires_at;
drop index api_keys_revoked_at;
drop index invitations_expires_at;
drop index sign_in_failures_attempted_at;
drop index login_failures_expire;
drop index refresh_tokens_expires_at;
drop policy system_access on api_keys;
do $$
begin
  execute format('revoke select, delete on api_keys from %I', 'outlay_' || current_schema() || '_system');
  execute format('revoke delete on invitations from %I', 'outlay_' || current_schema() || '_system');
  execute format('grant update (client_address, user_agent) on security_events to %I', 'outlay_' || current_schema());
end
$$;
drop table platform_events;
drop trigger security_events_append_only on security_events;
drop function refuse_security_event_change();

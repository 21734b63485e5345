-- Up Migration

-- A look at a file that has failed is readable for a day too, so that somebody can see why, and dropped after it.
drop index imports_previewed;
create index imports_previewed on imports (expires_at)
  where status = 'previewed' or (status = 'failed' and is_preview);
call grant_system('imports', 'select (is_preview)');
alter table imports no force row level security;
update imports set expires_at = now() + interval '24 hours' where imports.status = 'failed' and imports.is_preview;
alter table imports force row level security;

-- Down Migration

do $$
begin
  execute format('revoke select (is_preview) on imports from %I', 'outlay_' || current_schema() || '_system');
end
$$;
drop index imports_previewed;
create index imports_previewed on imports (expires_at) where status = 'previewed';

-- Up Migration

-- How many previews of a tenant are kept is asked with each file, and before one is committed or taken back.
create index imports_kept on imports (tenant_id) where status = 'previewed';

alter table imports
  -- What other imports that are being booked had made when the look at the rows of this one began, which saw that much:
  -- {"<import>": {"accounts", "expenses_total", "projects"}}. Null as long as that has not begun.
  add column made_beside jsonb,
  -- Since when it waits for the places that other imports have reserved; its rows are looked at again when those are over.
  add column waits_since timestamptz;

-- Down Migration

alter table imports drop column waits_since, drop column made_beside;
drop index imports_kept;

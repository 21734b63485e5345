-- Up Migration

-- What the client called all that the file is part of; it goes into the events of the rows. Null for files that came before.
alter table imports add column correlation_id text;

-- Down Migration

alter table imports drop column correlation_id;

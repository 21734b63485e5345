-- Up Migration

-- Expenses that the undo of an import could not take back, as what they say is not what the journal says.
alter table imports add column undo_left_out uuid[] not null default '{}';

-- Down Migration

alter table imports drop column undo_left_out;

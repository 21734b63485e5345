-- Up Migration

-- Two more reasons to book: what an account held before its first expense (opening), and an expense whose rate was
-- corrected (restatement). An opening belongs to no expense; its posting says which account it is of.
alter table journal_entries drop constraint journal_entries_kind_check;
alter table journal_entries add constraint journal_entries_kind_check
  check (kind in ('expense', 'reversal', 'restatement', 'opening'));
alter table journal_entries alter column expense_id drop not null;
alter table journal_entries add constraint journal_entries_subject_check
  check (expense_id is not null or kind in ('opening', 'reversal'));
-- By which the reversal of an opening finds it, whenever it was recorded.
create index journal_openings on journal_entries (tenant_id, id) where kind = 'opening';

-- Down Migration

-- Fails where such entries exist: the journal is not cut.
drop index journal_openings;
alter table journal_entries drop constraint journal_entries_subject_check;
alter table journal_entries alter column expense_id set not null;
alter table journal_entries drop constraint journal_entries_kind_check;
alter table journal_entries add constraint journal_entries_kind_check check (kind in ('expense', 'reversal'));

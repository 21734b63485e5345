-- Up Migration

-- The currency in which somebody saw what a file comes to when they committed its preview: in no other is it booked.
alter table imports add column committed_currency char(3);

-- Down Migration

alter table imports drop column committed_currency;

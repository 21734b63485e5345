-- Up Migration

-- Whether a person or an API key sent the file: what is booked of it is booked for them. Keys could not, before.
alter table imports add column actor_kind text not null default 'user' check (actor_kind in ('user', 'api_key'));

-- Down Migration

alter table imports drop column actor_kind;

-- Up Migration

-- A relay takes a share of what each tenant has waiting, however much there is of one of them. Marks, which go by seq
-- alone, keep to the index that begins with it: this one is only for who says that seq is positive, as all are. To a
-- planner that takes the outbox for empty, reading all of an index is as good as looking a row up in it.
create index outbox_unpublished_by_tenant on outbox (tenant_id, seq) where published_at is null and seq > 0;

-- Down Migration

drop index outbox_unpublished_by_tenant;

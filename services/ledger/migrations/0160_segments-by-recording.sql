-- Up Migration

-- A verification holds each segment against its stretch of the journal (src/seals/compare-segments.ts), so it has to find what
-- belongs to a segment, whatever the accounts. Made behind the writers, like the rows themselves.
create index segment_postings_recorded on segment_postings (tenant_id, recorded_at);
create index segment_sums_segment on segment_sums (tenant_id, segment);

-- Down Migration

drop index segment_sums_segment;
drop index segment_postings_recorded;

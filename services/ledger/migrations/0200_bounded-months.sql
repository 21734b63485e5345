-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Partitions of any month could be made for whoever has the service's role, each of them a table that all statements plan for.
-- The service makes those of the present month and of the next ones.
alter function ensure_month_partitions(timestamptz) rename to make_month_partitions;
alter function make_month_partitions(timestamptz) security invoker;

create function ensure_month_partitions(since timestamptz)
returns setof text
language plpgsql security definer set search_path from current as $$
begin
  if since is null or since not between now() - interval '1 year' and now() + interval '1 year' then
    raise exception 'partitions are made for months within a year, not for %', since
      using errcode = 'datetime_field_overflow';
  end if;
  return query select made.name from make_month_partitions(since) as made (name);
end
$$;

do $$
declare
  service constant name := 'outlay_' || current_schema();
begin
  execute format('revoke execute on function make_month_partitions(timestamptz) from public, %I', service);
  revoke execute on function ensure_month_partitions(timestamptz) from public;
  execute format('grant execute on function ensure_month_partitions(timestamptz) to %I', service);
end
$$;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop function ensure_month_partitions(timestamptz);
alter function make_month_partitions(timestamptz) rename to ensure_month_partitions;
alter function ensure_month_partitions(timestamptz) security definer;

do $$
begin
  execute format('grant execute on function ensure_month_partitions(timestamptz) to %I', 'outlay_' || current_schema());
end
$$;

/**
 * How many lists are merged at most. Each is a branch of the statement, planned and opened whether it is needed or not; and more
 * of them would cost as much as looking at all expenses does.
 */
const listsMax = 4;

/**
 * Steps of a statement, to stand behind those of `rarestTerm`: which lists are merged. A list is what expense_terms has of one
 * term, in the order of dates; a beginning of words has as many lists as words begin with it. What has the
 * fewest lists comes first, as all of it has more expenses than are counted; what begins too many words is left out.
 */
export const listsToMerge = `term_steps as (
  select scope.tenant_id, term_ranges.term_group, term_ranges.end_term, found.term, 1 as place
  from scope
  cross join term_ranges
  cross join lateral (
    select term.term from expense_terms as term
    where term.tenant_id = scope.tenant_id and term.term >= term_ranges.first_term and term.term < term_ranges.end_term
    order by term.term
    limit 1
  ) as found
  union all
  select term_steps.tenant_id, term_steps.term_group, term_steps.end_term, found.term, term_steps.place + 1
  from term_steps
  cross join lateral (
    select term.term from expense_terms as term
    where term.tenant_id = term_steps.tenant_id and term.term > term_steps.term and term.term < term_steps.end_term
    order by term.term
    limit 1
  ) as found
  where term_steps.place <= ${listsMax}
), term_lists as materialized (
  select row_number() over (order by chosen.place, term_steps.term) as list, term_steps.term,
    1 << (chosen.place - 1)::int as bit
  from (
    select sized.term_group, row_number() over by_lists as place, sum(sized.lists) over by_lists as lists
    from (
      select term_steps.term_group, count(*) as lists from term_steps group by term_steps.term_group
    ) as sized
    window by_lists as (order by sized.lists, sized.term_group rows unbounded preceding)
  ) as chosen
  join term_steps on term_steps.term_group = chosen.term_group
  where chosen.lists <= ${listsMax}
)`;

/** Whether there are lists of two words or tags: one of several still leads to nearly everything. */
export const areMergeable = '(select count(distinct term_lists.bit) from term_lists) >= 2';

/**
 * The `expense_date` and `expense_id` of what all of the merged words and tags have, each once, in the order of dates. Read from
 * the index alone, and no further than is asked for. Stands beside `scope`; `condition` is one on a row named `term`.
 *
 * Lists that are merged and grouped can have no other plan, whatever the planner expects. A join of them could: expecting few
 * rows it would go through one list for each row of the other.
 */
export function mergedTerms(
  direction: 'asc' | 'desc',
  { statuses, condition }: { statuses: readonly ('posted' | 'reversed')[]; condition: string },
): string {
  const order = (row: string) => `order by ${row}.expense_date ${direction}, ${row}.expense_id ${direction}`;
  const ofList = (column: string, list: number) =>
    `(select term_lists.${column} from term_lists where term_lists.list = ${list})`;
  const lists = Array.from({ length: listsMax }, (_, index) => index + 1).flatMap((list) =>
    statuses.map(
      (status) => `(
        select ${ofList('bit', list)} as bit, term.expense_date, term.expense_id
        from expense_terms as term
        where term.tenant_id = scope.tenant_id and term.term = ${ofList('term', list)}
          and term.is_posted = ${status === 'posted'}${condition}
        ${order('term')}
      )`,
    ),
  );
  return `
      select listed.expense_date, listed.expense_id
      from (
      ${lists.join(' union all ')}
      ) as listed
      group by listed.expense_date, listed.expense_id
      having bit_or(listed.bit) = (select bit_or(term_lists.bit) from term_lists)
      ${order('listed')}`;
}

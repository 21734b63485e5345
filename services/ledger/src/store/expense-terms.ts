import type { Parameter, Path } from './expense-filter.ts';

/** Words or tags, by which expense_terms leads to expenses. */
export type TermPath = Extract<Path, { kind: 'words' | 'tags' }>;

export const isTermPath = (path: Path): path is TermPath => path.kind === 'words' || path.kind === 'tags';

/** Terms from `first` to before `end`; each expense that is wanted has a term in one of the ranges of each group. */
interface TermRange {
  group: number;
  first: string;
  end: string;
}

/**
 * Steps of a statement, to stand behind `scope`: which of the words and tags, all of which are wanted, the fewest expenses
 * have, and how many, counted as far as `countedMax` and one more. It is counted and not guessed: `vat` may be rarer than
 * `restaurant`, and a word that is nowhere ends the search at once. Evaluated only when it is asked for.
 */
export function rarestTerm(paths: readonly TermPath[], parameter: Parameter, countedMax: number): string {
  const ranges = termGroupsOf(paths).flatMap((group, index) => group.map((range) => ({ group: index, ...range })));
  const list = (pick: (range: TermRange) => unknown) => parameter(ranges.map(pick));
  return `term_ranges as materialized (
  select wanted.term_group, wanted.first_term, wanted.end_term
  from unnest(${list(({ group }) => group)}::int[], ${list(({ first }) => first)}::text[], ${list(({ end }) => end)}::text[])
    as wanted (term_group, first_term, end_term)
), rarest_term as materialized (
  select term_ranges.term_group, sum(counted.count) as count
  from term_ranges
  cross join lateral (
    select count(*) as count
    from (
      select from expense_terms as term
      where term.tenant_id = (select scope.tenant_id from scope)
        and term.term >= term_ranges.first_term and term.term < term_ranges.end_term
      limit ${countedMax + 1}
    ) as one
  ) as counted
  group by term_ranges.term_group
  order by count, term_ranges.term_group
  limit 1
)`;
}

/** The rows of expense_terms of what `rarestTerm` found, an expense more than once where it has several of the terms. */
export const termsOfRarest = (condition: string): string => `
        select term.expense_date, term.expense_id
        from rarest_term
        join term_ranges on term_ranges.term_group = rarest_term.term_group
        cross join lateral (
          select term.expense_date, term.expense_id from expense_terms as term
          where term.tenant_id = scope.tenant_id
            and term.term >= term_ranges.first_term and term.term < term_ranges.end_term${condition}
          offset 0
        ) as term`;

/** What stands for each of the words and tags that must be there. */
export const termGroupsOf = (paths: readonly TermPath[]) => paths.flatMap(groupsOf);

/** The ranges of terms of a path, each group of them leading to all that match it. */
function groupsOf(path: TermPath): Omit<TermRange, 'group'>[][] {
  if (path.kind === 'words') {
    return path.prefixes.map((prefix) => {
      // Terms are cut there; the text is compared as well.
      const first = `w${Array.from(prefix).slice(0, 64).join('')}`;
      return [{ first, end: `${first}\u{10FFFF}` }];
    });
  }
  // Nothing stands between a text and itself with the smallest of characters behind it.
  const ranges = path.tags.map((tag) => ({ first: `t${tag}`, end: `t${tag}\u0001` }));
  return path.isEach ? ranges.map((range) => [range]) : [ranges];
}

/** Whether a fact is a refund, in SQL; of what was projected before that was kept, the booked amount tells. */
export const isRefund = (fact: string) => `coalesce(${fact}.is_refund, ${fact}.amount_minor < 0)`;

/**
 * What the amount of a fact is added to, as a list of rows (dimension, dimension_id) in SQL: all of the month, and its
 * category, project and account; the nil id stands for all, and for having none. `fact` names the row in the statement.
 */
export const dimensionsOf = (fact: string) => `(
  values
    ('all', '00000000-0000-0000-0000-000000000000'::uuid),
    ('category', coalesce(${fact}.category_id, '00000000-0000-0000-0000-000000000000')),
    ('project', coalesce(${fact}.project_id, '00000000-0000-0000-0000-000000000000')),
    ('account', coalesce(${fact}.account_id, '00000000-0000-0000-0000-000000000000'))
) as part(dimension, dimension_id)`;

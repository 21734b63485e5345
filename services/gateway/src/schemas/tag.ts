import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { optionalText, pageOf, pageQuery } from './common.ts';

const tagSchema = z
  .strictObject({
    name: z.string(),
    expense_count: z
      .int()
      .min(1)
      .meta({ description: 'How many posted expenses have it, of those the caller may see.' }),
  })
  .meta({ id: 'Tag' });

export const tagPage = pageOf('TagPage', tagSchema);

export const tagQuery = z.strictObject({
  prefix: optionalText(50).optional().meta({ description: 'What the name begins with, whatever its case.' }),
  ...pageQuery,
});

export const tagExample: z.input<typeof tagSchema> = { name: 'office', expense_count: 12 };

export const renderTag = ({ name, expenseCount }: ledger.Tag): z.input<typeof tagSchema> => ({
  name,
  expense_count: Number(expenseCount),
});

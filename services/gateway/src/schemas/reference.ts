import { z } from 'zod';
import { instant, optionalText, pageQuery } from './common.ts';

/** What the lists of categories, accounts and projects take. */
export const referenceQuery = {
  archived: z
    .enum(['false', 'true', 'all'])
    .optional()
    .meta({ description: 'Those that are archived, or with `all` both; without it those that are not.' }),
  text: optionalText(200).optional().meta({ description: 'Part of the name, whatever its case.' }),
  ...pageQuery,
};

export const archivedAt = instant
  .nullable()
  .meta({ description: 'Since when nothing new may refer to it; null: it is not archived.' });

export const archived = z.boolean().optional().meta({
  description:
    '`true`: nothing new may refer to it, and its name is free; `false` takes that back. Files that are being booked and named an account or project go on to.',
});

/** Why DELETE is answered alike, whatever it did. */
export const deletion =
  'What nothing refers to is removed; what something refers to, or was ever booked on, is archived and goes on to show.';

import { z } from 'zod';

/**
 * Characters that nobody sees and that make one name look like another: controls, line separators, halves of surrogate
 * pairs, and formats such as the overrides of writing direction. The joiners are none of them: several scripts are written
 * with them, and so are emoji.
 */
const invisible = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether text that is to be shown on one line, such as a name, holds characters that cannot be seen. */
export function hasInvisible(text: string): boolean {
  return invisible.test(text);
}

/**
 * What somebody or something is called: 1 to 100 characters without blanks around them, none of them invisible. Names end
 * up in mails, files and logs, and are how people tell each other apart.
 */
export const shownName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !hasInvisible(text), 'must not contain invisible characters');

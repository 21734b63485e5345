import { z } from 'zod';

/** Line separators, halves of surrogate pairs, and formats but for the joiners. */
const unseen = /[\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/u;

/**
 * Characters that nobody sees and that make one name look like another: controls, line separators, halves of surrogate
 * pairs, and formats such as the overrides of writing direction. The joiners are none of them: several scripts are written
 * with them, and so are emoji.
 */
const invisible = new RegExp(`\\p{Cc}|${unseen.source}`, 'u');

/** What is drawn as nothing, letters (U+3164) and symbols (U+2800) among it. */
const nothingToSee = /^[\s\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

const eachUnseen = new RegExp(unseen.source, 'gu');

/** Whether text that is to be shown on one line, such as a name, holds characters that cannot be seen. */
export function hasInvisible(text: string): boolean {
  return invisible.test(text);
}

/** Whether there is nothing to be seen of a text, whatever it is made of. */
export function isBlank(text: string): boolean {
  return nothingToSee.test(text);
}

/**
 * A text without what cannot be seen of it, and without blanks around it; empty where nothing is left to see. Tabs and line
 * breaks stay: they are seen as blanks. For what others wrote, who cannot be asked for another text.
 */
export function toVisible(text: string): string {
  const visible = unseen.test(text) ? text.replaceAll(eachUnseen, '').trim() : text;
  return isBlank(visible) ? '' : visible;
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
  .refine((text) => !hasInvisible(text), 'must not contain invisible characters')
  // That it is empty has been said.
  .refine((text) => text === '' || !isBlank(text), 'must not be blank');

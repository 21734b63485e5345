import { z } from 'zod';
import { oneLine } from './html.ts';
import type { Letterhead } from './letterhead.ts';

/** A mail that was asked for, its parameters read, before any token is opened. */
export interface MailDraft {
  /** Shown in lists, so without names of third parties and tokens. */
  subject: string;
  /** From when on the mail is of no use, and is not sent any more. */
  expiresAt?: Date;
  /** Throws Error where a token does not open. */
  write(letterhead: Letterhead): { text: string; html: string };
}

/** Text in a sentence. */
export const words = z.string().transform(oneLine);

/** What every mail with a token is filled with. */
export const tokenParameters = z.object({
  token: z.object({ sealed: z.base64().min(1), boundTo: z.string().min(1) }),
  expiresAt: z.coerce.date(),
});

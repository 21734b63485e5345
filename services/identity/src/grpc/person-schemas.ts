import { shownName } from '@outlay/platform';
import { z } from 'zod';
import { anyText, email, newPassword } from './request-schemas.ts';

/** Keys are the fields' public names, as errors name them. */

const code = z.string().min(1).max(64);
/** Empty where none was sent. */
const optionalCode = z.string().max(64);
const token = z.string().min(1).max(256);

export const updateMeSchema = z.object({ first_name: shownName.optional(), last_name: shownName.optional() });

export const eraseMeSchema = z.object({ password: anyText, code: optionalCode });

export const changePasswordSchema = z.object({ current_password: anyText, new_password: newPassword });

export const passwordResetSchema = z.object({ email });

export const resetPasswordSchema = z.object({ token, new_password: newPassword });

export const changeEmailSchema = z.object({ email, password: anyText });

export const tokenSchema = z.object({ token });

export const codeSchema = z.object({ code });

import { isUuid } from '@outlay/platform';
import { z } from 'zod';

/** Whether it is an address was decided where it was given; here it must only be one, and no header. */
export const mailAddress = z.string().regex(/^[^\s@,;<>]+@[^\s@,;<>]+$/);

/** The id of a person, an invitation or a request. */
export const id = z.string().refine(isUuid, 'must be a UUID');

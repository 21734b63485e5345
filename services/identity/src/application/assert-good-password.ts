import { invalid } from '@outlay/platform';
import { type Named, personalPasswordFault } from '../domain/password-rules.ts';

/** Throws invalid, naming the field, for a password that says no more than who somebody is. */
export function assertGoodPassword(field: string, password: string, person: Named): void {
  const fault = personalPasswordFault(password, person);
  if (fault) throw invalid(field, fault.code, fault.message);
}

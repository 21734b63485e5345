import { passwordFault, personalPasswordFault } from './password-rules.ts';

/** What somebody new leaves out or may not choose; empty where all is well. Fields by their public names. */
export function newcomerFaults(given: {
  email: string;
  firstName: string;
  lastName: string;
  password: string;
}): { field: string; code: string; message: string }[] {
  const names = { first_name: given.firstName, last_name: given.lastName };
  const missing = Object.entries(names).flatMap(([field, name]) =>
    name === '' ? [{ field, code: 'required', message: 'is needed of somebody who is new here' }] : [],
  );
  const fault = passwordFault(given.password) ?? personalPasswordFault(given.password, given);
  return fault ? [...missing, { field: 'password', ...fault }] : missing;
}

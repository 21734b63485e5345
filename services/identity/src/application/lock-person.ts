import { type DomainError, notFound } from '@outlay/platform';
import { type Credentials, findCredentials, lockCredentials } from '../store/credentials.ts';
import type { IdentityDatabase, IdentitySession } from '../store/database.ts';

/** A person before their transaction. Throws not_found `user_not_found` for one who was erased. */
export async function findPerson(database: IdentityDatabase, userId: string): Promise<Credentials> {
  return unlessErased(await findCredentials(database, userId));
}

/** A person whom nobody else changes until the transaction has ended. Throws not_found `user_not_found`. */
export async function lockPerson(session: IdentitySession, userId: string): Promise<Credentials> {
  return unlessErased(await lockCredentials(session, userId, 'change'));
}

function unlessErased(person: Credentials | undefined): Credentials {
  if (!person || person.erasedAt) throw userNotFound();
  return person;
}

export function userNotFound(): DomainError {
  return notFound('user_not_found', 'The user does not exist');
}

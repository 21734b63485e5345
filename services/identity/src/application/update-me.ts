import { identity as contract } from '@outlay/contracts';
import { type CallerContext, preconditionFailed } from '@outlay/platform';
import { renameUser } from '../store/change-user.ts';
import { tenantsOfPerson } from '../store/tenants-of-person.ts';

import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { once } from './once.ts';
import { tellOfUpdate } from './tell-tenants.ts';

export interface UpdateMe {
  firstName: string | undefined;
  lastName: string | undefined;
  /** What the caller has seen; undefined: any. */
  version: bigint | undefined;
}

/**
 * Changes the caller's name; what is undefined stays. Emits member.updated in each of their tenants, where anything
 * changed. Honours the idempotency key. Throws not_found `user_not_found`, precondition_failed `version_mismatch`.
 */
export function createUpdateMe({ database, secrets, clock }: IdentityDependencies) {
  return async (context: CallerContext, command: UpdateMe): Promise<contract.UpdateMeResponse> => {
    const asked = { operation: 'UpdateMe', request: command, codec: contract.UpdateMeResponse };
    const { answer, replayed } = await database.withGlobal((session) =>
      once(secrets, session, context, asked, async () => {
        const { user } = await lockPerson(session, context.actor.id);
        if (command.version !== undefined && command.version !== user.version) {
          throw preconditionFailed('version_mismatch', 'The person has changed since');
        }
        const { firstName = user.firstName, lastName = user.lastName } = command;
        const fields = [
          ...(firstName === user.firstName ? [] : ['first_name']),
          ...(lastName === user.lastName ? [] : ['last_name']),
        ];
        if (fields.length === 0) return { user, replayed: false };
        const at = clock();
        const renamed = await renameUser(session, { userId: user.id, firstName, lastName, at });
        await tellOfUpdate(session, context, await tenantsOfPerson(session, user.id), { user: renamed, fields, at });
        return { user: renamed, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}

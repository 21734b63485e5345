import { deleteVhost, listVhosts } from '../servers/rabbitmq-admin.ts';
import type { RabbitmqAdmin } from '../test-environment.ts';
import { isStaleTestResource } from '../test-resource-name.ts';

/** Deletes the virtual hosts of runs that ended more than two hours ago without cleaning up. */
export async function dropStaleVhosts(admin: RabbitmqAdmin): Promise<void> {
  const stale = (await listVhosts(admin)).filter((name) => isStaleTestResource(name));
  for (const name of stale) await deleteVhost(admin, name).catch(ignoreAlreadyGone);
}

/** Another run may clean up at the same moment. */
function ignoreAlreadyGone(): void {}

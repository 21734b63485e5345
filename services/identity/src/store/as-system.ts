import type { Session } from '@outlay/platform';

const takeRole = {
  name: 'identity_take_system_role',
  text: `select set_config('role', session_user || '_system', true)`,
};

const leaveRole = {
  name: 'identity_leave_system_role',
  text: `select set_config('role', 'none', true)`,
};

/**
 * Runs work as the system role within a transaction that goes on as the service: which tenants a person belongs to must
 * be read after the person is locked, and in the transaction that acts on it. Only what was granted with grant_system
 * can be reached.
 */
export async function asSystem<T>(session: Pick<Session, 'query'>, work: () => Promise<T>): Promise<T> {
  await session.query(takeRole);
  try {
    return await work();
  } finally {
    // A transaction that has failed takes no statement any more, and ends anyway.
    await session.query(leaveRole).catch(() => undefined);
  }
}

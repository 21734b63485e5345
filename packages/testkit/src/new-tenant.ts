import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/** The ids, subdomain and name of a tenant that exists nowhere yet. */
export type TestTenant = {
  tenantId: string;
  ownerId: string;
  adminId: string;
  memberId: string;
  subdomain: string;
  name: string;
};

/** Random ids and a subdomain for a tenant that belongs to one test alone. Nothing is stored anywhere. */
export function newTenant(): TestTenant {
  const subdomain = `t-${randomBytes(6).toString('hex')}`;
  return {
    tenantId: uuidv7(),
    ownerId: uuidv7(),
    adminId: uuidv7(),
    memberId: uuidv7(),
    subdomain,
    name: `Tenant ${subdomain}`,
  };
}

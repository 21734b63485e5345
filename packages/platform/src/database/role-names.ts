import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The role that owns every schema and table. Nobody logs in as it. */
export const ownerRole = 'outlay_owner';

/** The role a service logs in as. */
export function serviceRole(schema: string): string {
  return `outlay_${schema}`;
}

/** The role a service takes on within a transaction for what crosses tenants. */
export function systemRole(schema: string): string {
  return `outlay_${schema}_system`;
}

/** The schema in which the migrations of all schemas are booked; services cannot see it. */
export const migrationsSchema = 'outlay_migrations';

/**
 * The password of a role, derived from DATABASE_ROLE_SECRET. Being deterministic, two set-ups on one server
 * (roles belong to the server, not to a database) never change each other's.
 */
export function rolePassword(role: string, secret = process.env.DATABASE_ROLE_SECRET || 'outlay-local'): string {
  return createHmac('sha256', secret).update(role).digest('hex');
}

/** The connection URL of a service: the administrator's, with the service's role and password put in. */
export function serviceUrl(adminUrl: string, schema: string): string {
  const url = new URL(adminUrl);
  url.username = serviceRole(schema);
  url.password = rolePassword(serviceRole(schema));
  return url.href;
}

/**
 * The SCRAM-SHA-256 verifier of a password, in the form in which PostgreSQL stores it (RFC 5803). Handing over
 * the verifier keeps the password itself out of the server's log.
 */
export function scramVerifier(role: string, password: string): string {
  const iterations = 4096;
  const salt = createHmac('sha256', 'salt').update(role).digest().subarray(0, 16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const storedKey = sha256(hmac(salted, 'Client Key'));
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey.toString('base64')}:${hmac(salted, 'Server Key').toString('base64')}`;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

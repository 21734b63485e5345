import { unavailable } from '@outlay/platform';
import type { Registration as RegistrationRow } from '../../generated/prisma/client.ts';
import type { Registration, RegistrationAnswer, RegistrationStart } from '../domain/registration.ts';
import type { TenancyPrisma, TenancySession } from './database.ts';
import { fromStoredAnswer, toStoredAnswer } from './stored-answer.ts';

export interface RegistrationRequest extends Registration {
  idempotencyKey: string | undefined;
  requestHash: Buffer;
}

/**
 * Claims the subdomain and notes the registration, or finds the one that this request has begun before: by its
 * idempotency key, or without one by the subdomain and an equal request. Being worked on keeps the clean-up away. Throws
 * unavailable `registration_abandoned` where it is cleaned away in this very moment.
 */
export async function startRegistration(
  session: TenancySession,
  request: RegistrationRequest,
  now: Date,
): Promise<RegistrationStart> {
  const { prisma } = session;
  const { id, subdomain, idempotencyKey } = request;
  if (idempotencyKey !== undefined) {
    // Twins with one key stand in line here, whatever subdomains they ask for.
    await session.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`registration ${idempotencyKey}`]);
    const earlier = await prisma.registration.findUnique({ where: { idempotencyKey } });
    if (earlier && !isRequestOf(earlier, request)) return { kind: 'key_reused' };
    if (earlier) return takeUp(prisma, earlier, now);
  }
  // A twin without a key waits here until the other one's claim has committed.
  const { count } = await prisma.subdomain.createMany({
    data: { name: subdomain, holderId: id },
    skipDuplicates: true,
  });
  if (count === 0) {
    const earlier = await prisma.registration.findUnique({ where: { subdomain } });
    const isOurs = earlier && !earlier.completedAt && earlier.idempotencyKey === (idempotencyKey ?? null);
    return isOurs && isRequestOf(earlier, request) ? takeUp(prisma, earlier, now) : { kind: 'subdomain_taken' };
  }
  const { name, ownerEmail, requestHash } = request;
  await prisma.registration.create({
    data: {
      id,
      subdomain,
      name,
      ownerEmail,
      idempotencyKey,
      requestHash: Uint8Array.from(requestHash),
      attemptedAt: now,
    },
  });
  return { kind: 'open', registration: { id, subdomain, name, ownerEmail }, attempt: { isFirst: true, at: now } };
}

/** The refusal of a registration that was cleaned away in between. */
export function registrationAbandoned() {
  return unavailable('registration_abandoned', 'The registration took too long, begin it anew');
}

/** Each attempt is told from the one before by its time, so that neither gives up what the other is working on. */
async function takeUp(prisma: TenancyPrisma, row: RegistrationRow, now: Date): Promise<RegistrationStart> {
  if (row.answer) return { kind: 'completed', answer: fromStoredAnswer(row.answer) };
  const at = new Date(Math.max(now.getTime(), row.attemptedAt.getTime() + 1));
  const { count } = await prisma.registration.updateMany({
    where: { id: row.id, completedAt: null },
    data: { attemptedAt: at },
  });
  // Completed or given up since it was read.
  if (count === 0) {
    const newer = await prisma.registration.findUnique({ where: { id: row.id } });
    if (!newer?.answer) throw registrationAbandoned();
    return { kind: 'completed', answer: fromStoredAnswer(newer.answer) };
  }
  return { kind: 'open', registration: toRegistration(row), attempt: { isFirst: false, at } };
}

function isRequestOf(row: RegistrationRow, request: RegistrationRequest): boolean {
  return Buffer.from(row.requestHash).equals(request.requestHash);
}

/**
 * Marks a registration as completed and keeps its answer. When that has been done before, answers what was kept then;
 * undefined when the registration has been abandoned.
 */
export async function completeRegistration(
  prisma: TenancyPrisma,
  id: string,
  answer: RegistrationAnswer,
  now: Date,
): Promise<{ isFirst: boolean; answer: RegistrationAnswer } | undefined> {
  const { count } = await prisma.registration.updateMany({
    where: { id, completedAt: null },
    data: { completedAt: now, answer: toStoredAnswer(answer), ownerEmail: null },
  });
  if (count === 1) return { isFirst: true, answer };
  const row = await prisma.registration.findUnique({ where: { id } });
  return row?.answer ? { isFirst: false, answer: fromStoredAnswer(row.answer) } : undefined;
}

/**
 * Removes a registration that leads nowhere and frees its subdomain, unless it is completed, or was worked on at another
 * time than the given one.
 */
export async function abandonRegistration(
  prisma: TenancyPrisma,
  registration: Registration,
  attempted: { at: Date } | { before: Date },
): Promise<boolean> {
  const { id, subdomain } = registration;
  const attemptedAt = 'at' in attempted ? attempted.at : { lt: attempted.before };
  const { count } = await prisma.registration.deleteMany({ where: { id, completedAt: null, attemptedAt } });
  if (count === 1) await prisma.subdomain.deleteMany({ where: { name: subdomain, holderId: id } });
  return count === 1;
}

/** Registrations that nobody has worked on since, oldest first. */
export async function listStaleRegistrations(prisma: TenancyPrisma, before: Date): Promise<Registration[]> {
  const rows = await prisma.registration.findMany({
    where: { completedAt: null, attemptedAt: { lt: before } },
    orderBy: { attemptedAt: 'asc' },
    take: 100,
  });
  return rows.map(toRegistration);
}

/** Forgets completed registrations, which are kept only to answer a repetition. */
export async function deleteCompletedRegistrations(prisma: TenancyPrisma, before: Date): Promise<number> {
  const { count } = await prisma.registration.deleteMany({ where: { completedAt: { lt: before } } });
  return count;
}

function toRegistration({ id, subdomain, name, ownerEmail }: RegistrationRow): Registration {
  return { id, subdomain, name, ownerEmail: ownerEmail ?? '' };
}

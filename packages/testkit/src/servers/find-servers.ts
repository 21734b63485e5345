import type { RabbitmqAdmin } from '../test-environment.ts';
import { findPostgres } from './postgres.ts';
import { findRabbitmq } from './rabbitmq.ts';
import { findRedis } from './redis.ts';

/** A server to test against: `origin` says in words where it came from. */
export type Server = { url: string; origin: string; stop: () => Promise<void> };
/** RabbitMQ, and how virtual hosts are made on it. */
export type RabbitmqServer = Server & { admin: RabbitmqAdmin };
/** The three servers of a run. */
export type Servers = {
  postgres: Server;
  rabbitmq: RabbitmqServer;
  redis: Server;
  /** Stops those that were started here. */
  stop: () => Promise<void>;
};

/** Finds or starts the three servers that so many test workers need, and reports one line for each. */
export async function findServers(report: (line: string) => void, workers = 1): Promise<Servers> {
  const found = await Promise.allSettled([
    findPostgres(report, workers),
    findRabbitmq(report),
    findRedis(report),
  ] as const);
  const [postgres, rabbitmq, redis] = found;
  const stop = async () => {
    for (const result of found) if (result.status === 'fulfilled') await result.value.stop();
  };
  if (postgres.status === 'rejected' || rabbitmq.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    const failures = found.flatMap((result) => (result.status === 'rejected' ? [describe(result.reason)] : []));
    throw new Error(failures.join('\n\n'));
  }
  const servers = { postgres: postgres.value, rabbitmq: rabbitmq.value, redis: redis.value };
  report(`PostgreSQL: ${servers.postgres.origin}`);
  report(`RabbitMQ:   ${servers.rabbitmq.origin}`);
  report(`Redis:      ${servers.redis.origin}`);
  return { ...servers, stop };
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

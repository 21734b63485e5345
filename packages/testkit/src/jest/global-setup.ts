import { findServers } from '../servers/find-servers.ts';
import { exportTestServers } from '../test-environment.ts';
import { claimRedisDatabases } from './redis-databases.ts';
import { rememberForTeardown } from './run-state.ts';
import { dropStaleVhosts } from './stale-vhosts.ts';
import { ensureTemplateDatabase } from './template-database.ts';

/** Finds or starts PostgreSQL, RabbitMQ and Redis, says which it took, and hands their addresses to the test workers. */
export default async function globalSetup(config: { maxWorkers: number }): Promise<void> {
  const workers = Math.max(1, config.maxWorkers);
  const servers = await findServers((line) => process.stderr.write(`${line}\n`), workers);
  rememberForTeardown(servers.stop);
  const redis = await claimRedisDatabases(servers.redis.url, workers);
  rememberForTeardown(redis.release);
  await dropStaleVhosts(servers.rabbitmq.admin);
  exportTestServers({
    databaseUrl: servers.postgres.url,
    databaseTemplate: await ensureTemplateDatabase(servers.postgres.url),
    amqpUrl: servers.rabbitmq.url,
    rabbitmqAdmin: servers.rabbitmq.admin,
    redisUrls: redis.urls,
  });
}

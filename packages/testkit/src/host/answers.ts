import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import pg from 'pg';

const timeoutMs = 15_000;

/** Resolves when a PostgreSQL lets us in; rejects with its reason. */
export async function postgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}

/** Resolves when a RabbitMQ lets us in; rejects with its reason. */
export async function rabbitmqAnswers(url: string): Promise<void> {
  const connection = await connect(url, { timeout: timeoutMs });
  connection.on('error', () => {});
  await connection.close();
}

/** Resolves when a Redis lets us in; rejects with its reason. */
export async function redisAnswers(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
  });
  // Without a listener ioredis prints the reason for what is about to be thrown.
  let reason: Error | undefined;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

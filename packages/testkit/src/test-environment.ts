/** What the global set-up hands to the test workers, in the environment. */
export type TestServers = {
  databaseUrl: string;
  databaseTemplate: string;
  amqpUrl: string;
  rabbitmqAdmin: RabbitmqAdmin;
  redisUrls: string[];
};

/** How virtual hosts are made on the RabbitMQ in use: over its management API, or with its command-line tool. */
export type RabbitmqAdmin =
  | { kind: 'http'; url: string }
  | { kind: 'ctl'; command: string[]; environment: Record<string, string> };

/** Puts the addresses into the environment, which jest hands on to its workers. */
export function exportTestServers(servers: TestServers): void {
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
  process.env.TEST_DATABASE_TEMPLATE = servers.databaseTemplate;
  process.env.TEST_AMQP_URL = servers.amqpUrl;
  process.env.TEST_RABBITMQ_ADMIN = JSON.stringify(servers.rabbitmqAdmin);
  process.env.TEST_REDIS_URLS = servers.redisUrls.join(' ');
  process.env.TEST_REDIS_URL = servers.redisUrls[0];
}

/** Reads one variable of the set-up; a test that runs without it gets told how to be run. */
export function testVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(
      `${name} is not set: run this test through jest ("npm run jest -- <path>"), whose global set-up finds the servers`,
    );
  }
  return value;
}

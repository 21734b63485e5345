import type { RabbitmqAdmin } from '../test-environment.ts';
import type { Server } from './find-servers.ts';

/** RabbitMQ for tests. */
export async function findRabbitmq(): Promise<Server & { admin: RabbitmqAdmin }> {
  const url = process.env.TEST_AMQP_URL ?? process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672/';
  return {
    url,
    origin: `${new URL(url).host}`,
    stop: async () => {},
    admin: { kind: 'ctl', command: ['rabbitmqctl'], environment: {} },
  };
}

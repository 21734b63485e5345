import { randomBytes } from 'node:crypto';
import { createVhost, deleteVhost } from './servers/rabbitmq-admin.ts';
import { testVariable } from './test-environment.ts';
import { testResourceName } from './test-resource-name.ts';

/** A RabbitMQ virtual host of a test; `amqpUrl` leads into it. */
export type TestVhost = { amqpUrl: string; name: string; drop: () => Promise<void> };

/** A RabbitMQ virtual host with nothing in it. `drop` deletes it with all its queues, and closes whatever is still connected to it. */
export async function createTestVhost(): Promise<TestVhost> {
  const url = new URL(testVariable('TEST_AMQP_URL'));
  const admin = JSON.parse(testVariable('TEST_RABBITMQ_ADMIN'));
  const name = testResourceName(randomBytes(4).toString('hex'));
  await createVhost(admin, name, decodeURIComponent(url.username || 'guest'));
  url.pathname = `/${name}`;
  return { name, amqpUrl: url.href, drop: () => deleteVhost(admin, name) };
}

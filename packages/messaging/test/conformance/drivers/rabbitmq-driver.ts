import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createSilentLogger } from '@outlay/platform';
import { createTestVhost } from '@outlay/testkit';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { createRabbitmqBus } from '../../../src/bus/rabbitmq/rabbitmq-bus.ts';
import { parkedQueue } from '../../../src/bus/rabbitmq/topology.ts';
import type { QueueDefinition } from '../../../src/catalogue.ts';
import type { BusDriver } from './bus-driver.ts';
import { startFaultProxy } from './fault-proxy.ts';

/** What can be done to a RabbitMQ besides. */
export interface RabbitmqDriver extends BusDriver {
  /** A channel of the test's own, past the proxy. */
  readonly channel: Channel;
}

/** A virtual host of its own on the RabbitMQ in use. */
export async function startRabbitmqDriver(): Promise<RabbitmqDriver> {
  const vhost = await createTestVhost();
  const proxy = await startFaultProxy(vhost.amqpUrl);
  const model: ChannelModel = await connect(vhost.amqpUrl);
  const channel = await model.createChannel();
  const made = new Set<QueueDefinition>();
  return {
    proxy,
    channel,
    createBus(queues) {
      for (const queue of queues) made.add(queue);
      return createRabbitmqBus({
        amqpUrl: proxy.url(vhost.amqpUrl),
        queues,
        logger: createSilentLogger(),
        idleMs: 500,
      });
    },
    async clear() {
      for (const queue of made) {
        await channel.deleteQueue(queue.name);
        await channel.deleteQueue(parkedQueue(queue));
      }
      made.clear();
    },
    environment: { AMQP_URL: vhost.amqpUrl },
    killConnections: () => killConnections(vhost.name, proxy),
    async drop() {
      await model.close();
      await proxy.close();
      await vhost.drop();
    },
  };
}

/** Where the broker has no command-line tool at hand, the proxy resets the connections. */
async function killConnections(vhost: string, proxy: BusDriver['proxy']): Promise<void> {
  const admin = JSON.parse(process.env.TEST_RABBITMQ_ADMIN ?? '{}');
  if (admin.kind !== 'ctl') return proxy.cut();
  const [command, ...before] = admin.command as string[];
  await promisify(execFile)(command as string, [...before, '-q', 'eval', killConnectionsTo(vhost)], {
    env: { ...process.env, ...admin.environment },
  });
}

/** Closes the connections to this virtual host but the test's own. */
function killConnectionsTo(vhost: string): string {
  return `[rabbit_networking:close_connection(P, "killed by a test") || C <- rabbit_networking:connections(), [{pid, P}, {vhost, <<"${vhost}">>}, {client_properties, L}] <- [rabbit_networking:connection_info(C, [pid, vhost, client_properties])], lists:keymember(<<"connection_name">>, 1, L)].`;
}

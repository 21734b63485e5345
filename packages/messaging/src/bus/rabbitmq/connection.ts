import { type KeptOpen, keepOpen, type Logger, type Opened, within } from '@outlay/platform';
import { type ChannelModel, connect } from 'amqplib';

/** One open connection to the broker. */
export interface Connection {
  readonly model: ChannelModel;
  /** The broker has run out of memory or disk and takes nothing from us for now. */
  isBlocked(): boolean;
  /** Throws the socket away with all that waits in it; the connection counts as lost. */
  destroy(reason: Error): void;
}

const connectTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

/** Keeps one connection to the broker. `purpose` names it in the broker's list of connections. */
export function keepConnection(url: string, purpose: string, logger: Logger): KeptOpen<Connection> {
  return keepOpen({ name: `rabbitmq ${purpose} connection`, logger, open: () => openConnection(url, purpose) });
}

async function openConnection(url: string, purpose: string): Promise<Opened<Connection>> {
  const model = await connect(withHeartbeat(url), {
    noDelay: true,
    keepAlive: true,
    timeout: connectTimeoutMs,
    clientProperties: { connection_name: `outlay ${purpose}` },
  });
  const closed = new Promise<unknown>((resolve) => {
    model.on('close', resolve);
  });
  // 'close' follows and carries the reason; without a listener this would end the process.
  model.on('error', () => undefined);
  let isBlocked = false;
  model.on('blocked', () => {
    isBlocked = true;
  });
  model.on('unblocked', () => {
    isBlocked = false;
  });
  const destroy = (reason?: Error) => socketOf(model)?.destroy(reason);
  return {
    resource: { model, isBlocked: () => isBlocked, destroy },
    closed,
    async close() {
      await within(closeTimeoutMs, closeModel(model));
      // A broker that hangs never confirms the close, and a socket that was only half-closed would linger.
      destroy();
    },
  };
}

/** amqplib takes the heartbeat from the URL only. Two missed ones tell a half-open connection within 15 s. */
export function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', '5');
  return parsed.href;
}

async function closeModel(model: ChannelModel): Promise<void> {
  // Throws on a connection that is closed already, which is just as well.
  await model.close().catch(() => undefined);
}

function socketOf(model: ChannelModel): { destroy(reason?: Error): void } | undefined {
  return (model.connection as unknown as { stream?: { destroy(reason?: Error): void } }).stream;
}

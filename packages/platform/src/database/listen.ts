import pg from 'pg';
import type { Logger } from '../operations/logger.ts';

const retryDelayMinMs = 100;
const retryDelayMaxMs = 2_000;
const probeIntervalMs = 5_000;
const probeTimeoutMs = 2_000;

/**
 * Listens on one channel with a connection of its own. A lost connection is made again with growing delays; a probe
 * every five seconds finds the half-open one. After each (re)connect onNotify is called with an empty payload, as
 * notifications may have been missed. The first connect is awaited, whether or not it succeeds.
 */
export async function listenOn(
  config: pg.ClientConfig,
  channel: string,
  options: { onNotify: (payload: string) => void; logger: Logger },
): Promise<() => Promise<void>> {
  const { onNotify, logger } = options;
  let isStopped = false;
  let client: pg.Client | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let retryDelayMs = retryDelayMinMs;

  async function connect(): Promise<void> {
    const fresh = new pg.Client(config);
    client = fresh;
    let probeTimer: NodeJS.Timeout | undefined;
    let isLost = false;
    const lose = (error?: Error) => {
      if (isLost) return;
      isLost = true;
      clearInterval(probeTimer);
      fresh.end().catch(() => undefined);
      if (isStopped) return;
      logger.warn({ error, channel }, 'listening connection lost');
      retryTimer = setTimeout(() => void connect(), retryDelayMs * (0.5 + Math.random()));
      retryDelayMs = Math.min(retryDelayMs * 2, retryDelayMaxMs);
    };
    fresh.on('error', lose);
    fresh.on('end', () => lose());
    fresh.on('notification', (message) => onNotify(message.payload ?? ''));
    try {
      await fresh.connect();
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      lose(error instanceof Error ? error : undefined);
      return;
    }
    // The end of a connection may stand in the very bytes that answered its first statement.
    if (isLost) return;
    retryDelayMs = retryDelayMinMs;
    probeTimer = setInterval(() => {
      fresh.query({ text: 'select 1', query_timeout: probeTimeoutMs } as pg.QueryConfig).catch(lose);
    }, probeIntervalMs);
    if (isStopped) clearInterval(probeTimer);
    else onNotify('');
  }

  await connect();
  return async () => {
    isStopped = true;
    clearTimeout(retryTimer);
    await client?.end().catch(() => undefined);
  };
}

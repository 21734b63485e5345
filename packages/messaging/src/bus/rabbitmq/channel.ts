import { within } from '@outlay/platform';
import type { Channel } from 'amqplib';

const closeTimeoutMs = 1_000;

/** A channel that has been prepared for use. */
export interface OpenChannel<C extends Channel> {
  readonly channel: C;
  /** Resolves when the channel has closed, with the broker's reason if it gave one. */
  readonly closed: Promise<unknown>;
  /** Closes it in bounded time; never rejects. */
  close(): Promise<void>;
}

/** Waits for a channel and prepares it; a channel that cannot be prepared is closed again, and the error thrown. */
export async function openChannel<C extends Channel>(
  opening: Promise<C>,
  prepare: (channel: C) => Promise<unknown>,
): Promise<OpenChannel<C>> {
  const channel = await opening;
  let reason: unknown;
  const closed = new Promise<unknown>((resolve) => {
    channel.on('error', (error) => {
      reason = error;
    });
    channel.on('close', () => resolve(reason));
  });
  const close = () => within(closeTimeoutMs, closeQuietly(channel));
  try {
    await prepare(channel);
  } catch (error) {
    await close();
    throw error;
  }
  return { channel, closed, close };
}

async function closeQuietly(channel: Channel): Promise<void> {
  // Throws on a channel that is closed already.
  await channel.close().catch(() => undefined);
}

import type { Logger } from '../operations/logger.ts';
import { flushTelemetry } from './telemetry-shutdown.ts';

/**
 * Runs a service until SIGTERM or SIGINT, then stops it and exits with 0. Exits with 1 when starting fails, when
 * stopping fails or takes longer than shutdownTimeoutMs, at a second signal, and at once after an unhandled
 * rejection or exception: the state of the process is then unknown, and its supervisor restarts it.
 */
export function runProcess(
  service: { start: () => Promise<unknown>; stop: () => Promise<unknown> },
  options: { logger: Logger; shutdownTimeoutMs?: number; flush?: () => Promise<void> },
): void {
  const { logger, shutdownTimeoutMs = 15_000, flush = flushTelemetry } = options;
  let isStopping = false;

  const shutDown = async (reason: string, exitCode: number) => {
    if (isStopping) {
      logger.warn({ reason }, 'stopping at once');
      process.exit(1);
    }
    isStopping = true;
    logger.info({ reason }, 'stopping');
    setTimeout(() => {
      logger.error({ timeout_ms: shutdownTimeoutMs }, 'did not stop in time');
      process.exit(1);
    }, shutdownTimeoutMs).unref();
    let code = exitCode;
    await service.stop().catch(() => {
      code = 1;
    });
    await flush().catch((error: unknown) => logger.warn({ error }, 'telemetry was not flushed'));
    process.exit(code);
  };

  process.on('SIGTERM', (signal) => void shutDown(signal, 0));
  process.on('SIGINT', (signal) => void shutDown(signal, 0));
  process.on('unhandledRejection', (error) => {
    logger.fatal({ error }, 'unhandled rejection');
    process.exit(1);
  });
  process.on('uncaughtException', (error) => {
    logger.fatal({ error }, 'uncaught exception');
    process.exit(1);
  });

  service.start().catch(() => {
    if (!isStopping) process.exit(1);
  });
}

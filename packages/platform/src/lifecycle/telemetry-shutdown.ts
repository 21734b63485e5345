/** Where the telemetry preload leaves its shutdown for runProcess, as application code never imports the preload. */
export const telemetryShutdownKey = Symbol.for('outlay.telemetry.shutdown');

/** Sends the spans that are still held; does nothing when the preload is not there. */
export async function flushTelemetry(): Promise<void> {
  const shutdown: unknown = Reflect.get(globalThis, telemetryShutdownKey);
  if (typeof shutdown === 'function') await shutdown();
}

import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';
import type { LogLevel } from '../config/service-config.ts';
import { currentCallScope } from '../context/call-scope.ts';

/** A pino logger. Messages are constant text; what varies goes into fields. */
export type Logger = PinoLogger;

/**
 * Makes a process's logger: JSON lines on standard output with `service`, and from the work in progress
 * `trace_id`, `span_id`, `request_id`, `correlation_id`, `tenant_id`. Fields named like secrets are redacted, two levels deep.
 */
export function createLogger(
  options: { service: string; level?: LogLevel },
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.errWithCause, err: stdSerializers.errWithCause },
      mixin: correlation,
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    destination,
  );
}

/** A logger that writes nothing, for tools and tests. */
export function createSilentLogger(): Logger {
  return pino({ level: 'silent' });
}

const secretNames = [
  'token',
  'access_token',
  'refresh_token',
  'accessToken',
  'refreshToken',
  'authorization',
  'password',
  'secret',
  'cookie',
];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

function correlation(): object {
  const span = trace.getActiveSpan()?.spanContext();
  const scope = currentCallScope();
  if (!span && !scope) return {};
  return {
    ...(span && { trace_id: span.traceId, span_id: span.spanId }),
    ...(scope?.requestId && { request_id: scope.requestId }),
    ...(scope?.correlationId && { correlation_id: scope.correlationId }),
    ...(scope?.tenantId && { tenant_id: scope.tenantId }),
  };
}

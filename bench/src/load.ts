import autocannon from 'autocannon';

export interface Operation {
  name: string;
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  /** A new body for each request. */
  body?: () => string;
}

export interface LoadResult {
  requestsPerSecond: number;
  requests: number;
  failures: number;
  p50Ms: number;
  p99Ms: number;
  /** With its headers. */
  bytesPerAnswer: number;
}

/** Sends one operation over a number of connections for some seconds; `ratePerSecond` holds it to a pace. */
export const load = async (
  operation: Operation,
  options: { connections: number; seconds: number; ratePerSecond?: number },
): Promise<LoadResult> => {
  const { body } = operation;
  const result = await autocannon({
    url: operation.url,
    connections: options.connections,
    duration: options.seconds,
    ...(options.ratePerSecond ? { overallRate: options.ratePerSecond } : {}),
    requests: [
      {
        method: operation.method,
        headers: operation.headers,
        ...(body ? { setupRequest: (request: autocannon.Request) => ({ ...request, body: body() }) } : {}),
      },
    ],
  });
  return {
    requestsPerSecond: result.requests.total / result.duration,
    requests: result.requests.total,
    failures: result.non2xx + result.errors + result.timeouts,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    bytesPerAnswer: Math.round(result.throughput.total / Math.max(1, result.requests.total)),
  };
};

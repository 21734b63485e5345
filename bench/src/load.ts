import autocannon from 'autocannon';

export interface Operation {
  name: string;
  method: 'GET' | 'POST';
  /** The same place at each gateway; connections are shared out among them. */
  urls: readonly string[];
  headers: Record<string, string>;
  /** A new body for each request, which goes out under an idempotency key of its own. */
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

interface LoadOptions {
  connections: number;
  seconds: number;
  /** Holds all connections together to a pace. */
  ratePerSecond?: number;
}

/** Sends one operation over a number of connections for some seconds. */
export const load = async (operation: Operation, options: LoadOptions): Promise<LoadResult> => {
  const urls = operation.urls.slice(0, options.connections);
  const latenciesMs: number[] = [];
  const results = await Promise.all(
    urls.map((url, index) => {
      const connections = Math.floor((options.connections + index) / urls.length);
      return loadOne(operation, { ...options, url, connections, share: urls.length }, latenciesMs);
    }),
  );
  const sum = (of: (result: autocannon.Result) => number) => results.reduce((total, result) => total + of(result), 0);
  const requests = sum((result) => result.requests.total);
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return {
    requestsPerSecond: sum((result) => result.requests.total / result.duration),
    requests,
    failures: sum((result) => result.non2xx + result.errors + result.timeouts),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    bytesPerAnswer: Math.round(sum((result) => result.throughput.total) / Math.max(1, requests)),
  };
};

const loadOne = (
  { method, headers, body }: Operation,
  options: LoadOptions & { url: string; share: number },
  latenciesMs: number[],
): Promise<autocannon.Result> =>
  new Promise((resolve, reject) => {
    const instance = autocannon(
      {
        url: options.url,
        connections: options.connections,
        duration: options.seconds,
        ...(options.ratePerSecond ? { overallRate: Math.round(options.ratePerSecond / options.share) } : {}),
        requests: [
          {
            method,
            headers,
            ...(body && {
              setupRequest: (request: autocannon.Request) => ({
                ...request,
                body: body(),
                headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
              }),
            }),
          },
        ],
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    // Refusals are quick.
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      if (status < 300) latenciesMs.push(milliseconds);
    });
  });

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

import { connect, type OutgoingHttpHeaders } from 'node:http2';

/** A connection that sends calls as no gRPC library would. */
export interface RawGrpc {
  /** The gRPC status of a call with an empty message; `headers` go out as they are. */
  call: (path: string, headers: OutgoingHttpHeaders) => Promise<number>;
  close: () => void;
}

/** No compression, no bytes. */
const emptyMessage = Buffer.alloc(5);

/** Calls RPCs at host:port over plain HTTP/2, with any headers that HTTP/2 itself can carry. */
export function connectRawGrpc(address: string): RawGrpc {
  const session = connect(`http://${address}`);
  // Each call reports its own failure.
  session.on('error', () => undefined);
  return {
    call: (path, headers) =>
      new Promise((resolve, reject) => {
        const call = session.request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
          'grpc-timeout': '10S',
          ...headers,
        });
        let status: unknown;
        // An answer without a message has its status among the headers.
        for (const event of ['response', 'trailers'] as const) {
          call.on(event, (received) => {
            status = received['grpc-status'] ?? status;
          });
        }
        call.on('error', reject);
        call.on('end', () => resolve(Number(status ?? Number.NaN)));
        call.resume();
        call.end(emptyMessage);
      }),
    close: () => session.close(),
  };
}

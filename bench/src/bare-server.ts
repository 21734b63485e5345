import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';

// A process of its own, started by measureBare: an HTTP server that answers some bytes to everything, or a gRPC server
// that does. With the address of the latter, the former asks it for the bytes. Both do nothing else.
const [kind, size, peer] = process.argv.slice(2);
const bytes = Buffer.alloc(Number(size), 'x');
const path = '/outlay.bench.Bare/Get';
const asBytes = (given: Buffer): Buffer => given;

const port = kind === 'grpc' ? await serveGrpc() : await serveHttp();
process.send?.(port);
process.on('disconnect', () => process.exit());

function serveGrpc(): Promise<number> {
  const server = new Server();
  const serialization = {
    ...{ requestSerialize: asBytes, requestDeserialize: asBytes },
    ...{ responseSerialize: asBytes, responseDeserialize: asBytes },
  };
  server.addService(
    { get: { path, requestStream: false, responseStream: false, ...serialization } },
    { get: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, bytes) },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

function serveHttp(): Promise<number> {
  const client = peer === undefined ? undefined : new Client(peer, credentials.createInsecure());
  const server = createServer((_request, response) => {
    const send = (body: Buffer) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
      response.end(body);
    };
    if (!client) return send(bytes);
    client.makeUnaryRequest(path, asBytes, asBytes, Buffer.alloc(0), (error, body) => {
      if (error || !body) response.destroy();
      else send(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

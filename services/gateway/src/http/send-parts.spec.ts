import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { exportExpenses } from '../routes/export-expenses.ts';
import { sendParts } from './send-parts.ts';

const pace = { stallMs: 60_000, bytesPerSecond: 1 };

it('asks for no more than its client takes, and for nothing when the client is gone', async () => {
  let asked = 0;
  let isLeft = false;
  let isStuck = () => false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        asked += 1;
        yield Buffer.alloc(64 * 1024);
      }
    } finally {
      isLeft = true;
    }
  }
  const server = createServer((request, response) => {
    isStuck = () => response.writableNeedDrain;
    void sendParts(request, response, { route: exportExpenses, status: 200, parts: endless(), pace });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const incoming = await new Promise<IncomingMessage>((resolve) => get({ port, host: '127.0.0.1' }, resolve));
  incoming.pause();
  await eventually(() => expect(isStuck()).toBe(true));
  const askedWhenStuck = asked;
  incoming.destroy();
  await eventually(() => expect(isLeft).toBe(true));
  await new Promise((resolve) => server.close(resolve));

  // What fits into the buffers of two sockets; without an end, anything else would be more and more.
  expect(askedWhenStuck).toBeLessThan(500);
  expect(asked).toBeLessThan(500);
});

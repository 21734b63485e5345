import { Metadata } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { unavailable } from '../errors/domain-error.ts';
import type { Channel } from './call-peer.ts';

/** Asks the peer by the gRPC health protocol; throws unavailable `not_serving` unless it answers SERVING by the deadline (epoch milliseconds). */
export async function checkHealth(channel: Channel, deadlineAt: number): Promise<void> {
  const check = service.Check;
  if (!check) throw new Error('grpc-health-check defines no Check');
  const status = await new Promise<string>((resolve) => {
    channel.makeUnaryRequest(
      check.path,
      check.requestSerialize,
      check.responseDeserialize as (bytes: Buffer) => { status?: string },
      { service: '' },
      new Metadata(),
      { deadline: deadlineAt },
      (error, response) => resolve(error ? error.details : (response?.status ?? 'UNKNOWN')),
    );
  });
  if (status !== 'SERVING') throw unavailable('not_serving', 'A service is not available', new Error(status));
}

import { toGrpcStatus } from '@outlay/platform';

/** An error as a service of ours would send it. */
export function rpcError(error: Error): Error {
  return Object.assign(new Error(error.message), toGrpcStatus(error));
}

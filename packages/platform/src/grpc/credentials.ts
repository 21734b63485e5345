import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import type { TlsFiles } from '../config/tls-files.ts';

/** With TLS files both sides must show a certificate of the authority; without, the network is trusted. */
export function serverCredentials(tls: TlsFiles | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(tls.ca, [{ cert_chain: tls.cert, private_key: tls.key }], true);
}

/** The client's side of the same. */
export function channelCredentials(tls: TlsFiles | undefined): ChannelCredentials {
  return tls ? ChannelCredentials.createSsl(tls.ca, tls.key, tls.cert) : ChannelCredentials.createInsecure();
}

import type { ServiceDefinition } from '@grpc/grpc-js';

/** A message that goes through as JSON: the factories do not care how a contract encodes. */
export interface EchoMessage {
  text: string;
  count?: number;
}

const encode = (value: EchoMessage): Buffer => Buffer.from(JSON.stringify(value));
const decode = (bytes: Buffer): EchoMessage => JSON.parse(bytes.toString());
const codecs = {
  requestSerialize: encode,
  requestDeserialize: decode,
  responseSerialize: encode,
  responseDeserialize: decode,
};

/** A service in the shape in which ts-proto generates them, with one RPC of each kind. */
export const EchoService = {
  getEcho: {
    path: '/test.v1.Echo/GetEcho' as const,
    requestStream: false as const,
    responseStream: false as const,
    ...codecs,
  },
  sendEcho: {
    path: '/test.v1.Echo/SendEcho' as const,
    requestStream: false as const,
    responseStream: false as const,
    ...codecs,
  },
  listEchoes: {
    path: '/test.v1.Echo/ListEchoes' as const,
    requestStream: false as const,
    responseStream: true as const,
    ...codecs,
  },
  collectEchoes: {
    path: '/test.v1.Echo/CollectEchoes' as const,
    requestStream: true as const,
    responseStream: false as const,
    ...codecs,
  },
  exchangeEchoes: {
    path: '/test.v1.Echo/ExchangeEchoes' as const,
    requestStream: true as const,
    responseStream: true as const,
    ...codecs,
  },
} as const;

/** The same, as grpc-js calls its type. */
export const echoDefinition: ServiceDefinition = EchoService as unknown as ServiceDefinition;

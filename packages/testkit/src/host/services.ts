/** One process of the platform: what it is called, where it listens and what it keeps. */
export type ServiceEntry = {
  name: string;
  /** Its schema; the gateway keeps nothing. */
  schema?: string;
  /** Takes part in the bus as publisher or consumer. */
  bus: boolean;
  /** gRPC by default; the gateway speaks HTTP to the world. */
  port: { variable: 'GRPC_PORT' | 'GATEWAY_PORT'; usual: number };
  opsPort: number;
  /** The variable by which the other services find it. */
  addressVariable?: string;
  /** The secrets that are its own, beside what all services prove themselves with: no other process gets to see them. */
  secrets?: readonly string[];
};

/** The whole platform, in the order of starting; it is stopped in reverse. */
export const services: readonly ServiceEntry[] = [
  {
    name: 'identity',
    schema: 'identity',
    bus: true,
    port: { variable: 'GRPC_PORT', usual: 50051 },
    opsPort: 9101,
    addressVariable: 'IDENTITY_ADDRESS',
    secrets: ['IDENTITY_ENCRYPTION_KEY', 'PLATFORM_ADMIN_PASSWORD'],
  },
  {
    name: 'tenancy-billing',
    schema: 'tenancy_billing',
    bus: true,
    port: { variable: 'GRPC_PORT', usual: 50052 },
    opsPort: 9102,
    addressVariable: 'TENANCY_BILLING_ADDRESS',
  },
  {
    name: 'ledger',
    schema: 'ledger',
    bus: true,
    port: { variable: 'GRPC_PORT', usual: 50053 },
    opsPort: 9103,
    addressVariable: 'LEDGER_ADDRESS',
    secrets: ['LEDGER_SEAL_KEY', 'LEDGER_SEAL_RETIRED_KEYS'],
  },
  {
    name: 'notifications',
    schema: 'notifications',
    bus: true,
    port: { variable: 'GRPC_PORT', usual: 50054 },
    opsPort: 9104,
    addressVariable: 'NOTIFICATIONS_ADDRESS',
    secrets: ['MAILGUN_API_KEY'],
  },
  {
    name: 'reporting',
    schema: 'reporting',
    bus: true,
    port: { variable: 'GRPC_PORT', usual: 50055 },
    opsPort: 9105,
    addressVariable: 'REPORTING_ADDRESS',
  },
  { name: 'gateway', bus: false, port: { variable: 'GATEWAY_PORT', usual: 8080 }, opsPort: 9100 },
];

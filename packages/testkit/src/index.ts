export { createTestDatabase, type TestDatabase } from './database.ts';
export { type EventuallyOptions, eventually } from './eventually.ts';
export { type FakeCall, type FakeGrpc, type FakeHandlers, startFakeGrpc } from './fake-grpc.ts';
export { freePort } from './free-port.ts';
export { isolationFaults, reachesOfService } from './isolation.ts';
export { createTestIssuer, type TestIssuer, type TestTokenInput } from './issuer.ts';
export { newTenant, type TestTenant } from './new-tenant.ts';
export { prismaSchemaFaults } from './prisma-schema.ts';
export { testRedisUrl } from './redis.ts';
export {
  type RestartableServer,
  type RestartableServers,
  startRestartableServers,
} from './servers/restartable-servers.ts';
export { connectAsService, type ServiceRole } from './service-role.ts';
export { startPlatform, type TestPlatform, type TestPlatformOptions } from './start-platform.ts';
export { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { createTestLogger } from './test-logger.ts';
export { unlimited } from './unlimited.ts';
export { createTestVhost, type TestVhost } from './vhost.ts';

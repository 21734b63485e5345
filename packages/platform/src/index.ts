export { ConfigError, loadConfig, readAll } from './config/load-config.ts';
export { type LogLevel, readServiceConfig, type ServiceConfig, serviceVariables } from './config/service-config.ts';
export type { TlsFiles } from './config/tls-files.ts';
export { type CallScope, currentCallScope, remainingMs, runInCallScope } from './context/call-scope.ts';
export {
  type Actor,
  anonymousContext,
  type CallerContext,
  type Role,
  roles,
  systemContext,
  type TenantContext,
} from './context/caller-context.ts';
export { clientNetwork } from './context/client-network.ts';
export { type Clock, systemClock } from './context/clock.ts';
export { isUuid, newId, nilId, type TenantId, toTenantId, toUserId, type UserId } from './context/ids.ts';
export { runInTrace } from './context/trace-scope.ts';
export { type AuditEntry, recordAudit, toJson } from './database/audit.ts';
export { createDatabase, type DatabaseOptions } from './database/create-database.ts';
export { sqlStateOf } from './database/database-error.ts';
export { findAnswer, hashRequest, idempotencyKeyReused, idempotent, requestHashOf } from './database/idempotency.ts';
export { migrateSchema, platformMigrations } from './database/migrate.ts';
export { provisionDatabase } from './database/provision.ts';
export { ownerRole, rolePassword, serviceRole, serviceUrl, systemRole } from './database/role-names.ts';
export type {
  Database,
  NamedStatement,
  Notice,
  QueryResult,
  Session,
  TransactionOptions,
} from './database/session.ts';
export { deleteIdempotencyKeys, ensureMonthPartitions, idempotencyKeptMs } from './database/upkeep.ts';
export {
  conflict,
  DomainError,
  type DomainErrorOptions,
  deadlineExceeded,
  type ErrorDetail,
  type ErrorKind,
  forbidden,
  invalid,
  isDomainError,
  isOutcomeUnknown,
  notFound,
  preconditionFailed,
  rateLimited,
  unauthenticated,
  unavailable,
} from './errors/domain-error.ts';
export { fromGrpcError, isLoggedByPeer, toGrpcStatus } from './errors/grpc-status.ts';
export { parseInput } from './errors/parse-input.ts';
export { assertAllowed, freshLoginSeconds } from './grpc/authorize-call.ts';
export { type CallOptions, createGrpcClient, type GrpcClient, type GrpcClientOptions } from './grpc/grpc-client.ts';
export { createGrpcServer, type GrpcServer, type GrpcServerOptions } from './grpc/grpc-server.ts';
export {
  type AccessRule,
  type AccessRules,
  type BoundService,
  defineService,
  type RequestOf,
  type ResponseOf,
  type RpcDefinition,
  type ServiceDefinition,
  type ServiceHandlers,
} from './grpc/service-definition.ts';
export type { TenantShare } from './grpc/tenant-turns.ts';
export { createJobPool, type JobPool } from './jobs/job-pool.ts';
export { installJobSchema } from './jobs/job-schema.ts';
export { createJobWorker, type JobWorker, type JobWorkerOptions } from './jobs/job-worker.ts';
export { migrateJobs } from './jobs/migrate-jobs.ts';
export { freeOrphansRegularly } from './jobs/owner-lock.ts';
export { type JobTask, type RunJobsOptions, type RunningJobs, runJobs, type TimedTask } from './jobs/run-jobs.ts';
export { type KeptOpen, keepOpen, type Opened } from './lifecycle/keep-open.ts';
export { type Component, createLifecycle, type Lifecycle } from './lifecycle/lifecycle.ts';
export { createReadiness, type Readiness } from './lifecycle/readiness.ts';
export { createRpcService, type RpcService, type RpcServiceOptions } from './lifecycle/rpc-service.ts';
export { runProcess } from './lifecycle/run-process.ts';
export { runService } from './lifecycle/run-service.ts';
export { pause, within } from './lifecycle/time.ts';
export { createTurns, type TurnLimits, type Turns } from './lifecycle/turns.ts';
export {
  type AmountFault,
  formatAmount,
  fractionDigits,
  isBookable,
  isCurrency,
  notBookable,
  parseAmount,
} from './money.ts';
export { bindServer } from './operations/bind-server.ts';
export { createLogger, createSilentLogger, type Logger } from './operations/logger.ts';
export { Counter, collectProcessMetrics, Gauge, Histogram, metrics } from './operations/metrics.ts';
export { createOpsServer, type OpsServer } from './operations/ops-server.ts';
export { createOutageLog, type OutageLog } from './operations/outage-log.ts';
export {
  cursorMaxLength,
  decodeCursor,
  encodeCursor,
  type PageInfo,
  type PageRequest,
  parsePage,
  toPage,
  toPageInfo,
} from './page.ts';
export { createSecretBox, type SecretBox } from './secrets/secret-box.ts';
export { hasInvisible, isBlank, shownName, toVisible } from './text.ts';
export { clientSecretOf } from './tokens/client-secret.ts';
export type { JsonWebKeySet } from './tokens/key-set.ts';
export { createServiceTokenSource } from './tokens/service-token-source.ts';
export { keysOf, serviceTokenOf, type TokenAuthority } from './tokens/token-authority.ts';
export type { TokenClaims } from './tokens/token-claims.ts';
export { createTokenVerifier, type TokenVerifier } from './tokens/token-verifier.ts';

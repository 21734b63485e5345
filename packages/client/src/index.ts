export type * from '../generated/openapi.ts';
export type { Answer, CallOptions, DataOf, EntryOf, Init, ListPath, Method, OperationOf, PathOf } from './api-types.ts';
export { createOutlayClient, type OutlayClient, type OutlayClientOptions } from './client.ts';
export { OutlayProblem } from './problem.ts';
export type { RetryPolicy } from './send.ts';
export type { SessionTokens } from './session.ts';

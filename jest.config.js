import { availableParallelism } from 'node:os';

const shared = {
  testEnvironment: '<rootDir>/packages/testkit/src/jest/leak-check-environment.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
};

const onServers = {
  ...shared,
  globalSetup: '<rootDir>/packages/testkit/src/jest/global-setup.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/jest/global-teardown.ts',
};

/** Unit tests stand beside their subject; the other kinds run on real servers that the global set-up finds or starts. */
export default {
  testTimeout: 40_000,
  // One worker would be jest's own process, which cannot be replaced when it has grown.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // Modules of a test file stay in memory after it; a worker that has grown is replaced by a new one.
  workerIdleMemoryLimit: '1GB',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,services}/*/src/**/*.spec.ts'],
    },
    {
      ...onServers,
      displayName: 'component',
      testMatch: ['<rootDir>/{packages,services}/*/test/**/*.spec.ts'],
    },
    {
      ...onServers,
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/**/*.spec.ts', '<rootDir>/scripts/test/**/*.spec.ts'],
    },
  ],
};

import { Visitor } from '@swc/core/Visitor.js';

// The visitor that dependency-cruiser reads swc's tree with is older than `using`, whose declarations are like those of `const`.
const visitStatement = Visitor.prototype.visitStatement;
Visitor.prototype.visitStatement = function visit(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

/** The boundaries of ARCHITECTURE section 1, and no cycles. TypeScript is parsed by swc: TypeScript 7 has no compiler API. */
export default {
  forbidden: [
    {
      name: 'services-are-apart',
      comment: 'A service never imports another service: they meet in packages/contracts alone.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'packages-know-no-service',
      comment: 'Shared packages are plumbing; they never import a service.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|e2e|bench|scripts|web)/' },
    },
    {
      name: 'contracts-stand-alone',
      comment: 'Contracts hold no behaviour and need none of the other packages.',
      severity: 'error',
      from: { path: '^packages/contracts/src/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^packages/(messaging|testkit)/' },
    },
    {
      name: 'contracts-run-alone',
      comment: 'Of platform, the lowest layer, contracts know what an access rule is, and nothing that runs.',
      severity: 'error',
      from: { path: '^packages/contracts/src/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^packages/platform/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'platform-is-below-messaging',
      comment: 'Platform is the lowest layer: it knows neither the bus nor what is said on it.',
      severity: 'error',
      from: { path: '^packages/platform/src/', pathNot: '[.]spec[.]ts$' },
      to: { path: '^packages/(contracts|messaging|testkit)/' },
    },
    {
      name: 'testkit-is-for-tests',
      comment: 'What runs in production never imports the test kit.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: ['^packages/testkit/', '/test/', '[.]spec[.]ts$'] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'client-is-for-callers',
      comment: 'The API client is for whoever stands outside: journeys, bench, scripts, the web. Services speak gRPC.',
      severity: 'error',
      from: { path: '^(packages|services)/', pathNot: '^packages/client/' },
      to: { path: '^packages/client/' },
    },
    {
      name: 'client-stands-alone',
      comment: 'The API client runs in browsers as well: nothing of Node, nothing of the platform.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: '[.]spec[.]ts$' },
      to: { pathNot: ['^packages/client/', 'node_modules/openapi-fetch/'] },
    },
    {
      name: 'no-tests-in-production',
      comment: 'Nothing but a test imports a test.',
      severity: 'error',
      from: { pathNot: ['/test/', '[.]spec[.]ts$', '^e2e/', '^bench/'] },
      to: { path: ['^(packages|services)/[^/]+/test/', '[.]spec[.]ts$'] },
    },
    {
      name: 'domain-is-pure',
      comment: 'Decisions are pure code: no database, no wire, no bus, no environment.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/domain/', pathNot: '[.]spec[.]ts$' },
      to: {
        path: [
          '^services/[^/]+/src/(application|store|grpc|messaging|jobs|compose|config|main)',
          '^packages/messaging/',
          'node_modules/(pg|amqplib|ioredis|express|@grpc|@prisma)/',
        ],
      },
    },
    {
      name: 'no-circular',
      comment: 'Files that import each other cannot be read one after the other. Types may.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies',
      comment: 'A workspace declares what it imports: hoisting would hide it until the packages are taken apart.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '(^|/)generated/'] },
    exclude: { path: ['(^|/)generated/', '(^|/)dist/'] },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};

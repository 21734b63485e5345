import { cpus } from 'node:os';
import { runTool } from './run-tool.ts';

type Check = { name: string; says: string; command: string[] };

/** All that is checked besides tests. Run one alone with `npm run check -- <name>`. */
const checks: Check[] = [
  {
    name: 'format',
    says: 'format and lint',
    command: ['biome', 'check', '--error-on-warnings', '--no-errors-on-unmatched', '.'],
  },
  {
    name: 'boundaries',
    says: 'who may import whom, no cycles',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'services', 'scripts', 'e2e', 'bench'],
  },
  { name: 'types', says: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  {
    name: 'dead-code',
    says: 'unused files, exports, dependencies',
    command: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
  },
  {
    name: 'test-only-code',
    says: 'exports that nothing but tests uses',
    command: ['knip', '--no-progress', '--production', '--include', 'exports'],
  },
  {
    name: 'lock',
    says: 'the lock file installs on every platform',
    command: ['node', 'scripts/complete-lock.ts', '--check'],
  },
  {
    name: 'contracts',
    says: 'protobuf lint and breaking changes',
    command: ['npm', 'run', '--silent', 'contracts:lint', '-w', '@outlay/contracts'],
  },
  {
    name: 'docs',
    says: 'OpenAPI, AsyncAPI and Postman are up to date',
    command: ['npm', 'run', '--silent', 'docs:check'],
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no check ${unknown.join(', ')}: choose from ${checks.map((check) => check.name).join(', ')}.`,
  );
  process.exit(1);
}

const queue = checks.filter((check) => wanted.length === 0 || wanted.includes(check.name));
let failed = 0;
await Promise.all(Array.from({ length: Math.max(2, cpus().length) }, work));
console.log(
  failed === 0
    ? 'All checks passed.'
    : `${failed} ${failed === 1 ? 'check' : 'checks'} failed. "npm run fix" repairs format and imports.`,
);
process.exitCode = failed === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const started = performance.now();
    const { passed, output } = await run(check.command);
    if (!passed) failed += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${passed ? 'ok    ' : 'FAILED'} ${check.name.padEnd(14)} ${check.says} (${seconds} s)${passed ? '' : `\n${output}`}`,
    );
  }
}

async function run(command: string[]): Promise<{ passed: boolean; output: string }> {
  try {
    const { code, output } = await runTool(command);
    return { passed: code === 0, output };
  } catch (error) {
    return { passed: false, output: String(error) };
  }
}

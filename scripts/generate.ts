import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { runTool } from './run-tool.ts';

const root = resolve(import.meta.dirname, '..');

type Target = { name: string; inputs: string[]; output: string; command: string[]; cwd: string };

/**
 * Makes the generated code: TypeScript from the protobuf contracts, one Prisma client for each schema, the types of the
 * API client from the OpenAPI document. Skips what is up to date.
 */
export async function generate(report: (line: string) => void): Promise<void> {
  const outdated = targets().filter((target) => readMarker(target) !== inputsHash(target));
  await Promise.all(
    outdated.map(async (target) => {
      report(`Generating ${target.name} ...`);
      const hash = inputsHash(target);
      await run(target);
      await writeFile(markerOf(target), hash);
    }),
  );
}

function targets(): Target[] {
  const contracts = join(root, 'packages/contracts');
  const list: Target[] = [];
  if (existsSync(join(contracts, 'buf.gen.yaml'))) {
    list.push({
      name: 'contracts',
      inputs: [
        join(root, 'proto'),
        join(contracts, 'buf.gen.yaml'),
        join(contracts, 'package.json'),
        toolVersion('@bufbuild/buf'),
        toolVersion('ts-proto'),
      ],
      output: join(contracts, 'generated'),
      command: ['npm', 'run', '--silent', 'generate'],
      cwd: contracts,
    });
  }
  const client = join(root, 'packages/client');
  const document = join(root, 'docs/api/openapi.json');
  if (existsSync(document) && existsSync(join(client, 'scripts/generate-types.ts'))) {
    list.push({
      name: "the client's types",
      // Its package.json names the exact version of the generator.
      inputs: [document, join(client, 'scripts/generate-types.ts'), join(client, 'package.json')],
      output: join(client, 'generated'),
      command: [process.execPath, 'scripts/generate-types.ts'],
      cwd: client,
    });
  }
  for (const service of readdirSync(join(root, 'services'))) {
    const cwd = join(root, 'services', service);
    if (!existsSync(join(cwd, 'prisma/schema.prisma'))) continue;
    list.push({
      name: `the Prisma client of ${service}`,
      inputs: [join(cwd, 'prisma'), toolVersion('prisma')],
      output: join(cwd, 'generated/prisma'),
      command: [
        process.execPath,
        join(root, 'node_modules/prisma/build/index.js'),
        'generate',
        '--no-hints',
        '--schema=prisma/schema.prisma',
      ],
      cwd,
    });
  }
  return list;
}

function toolVersion(name: string): string {
  return join(root, 'node_modules', name, 'package.json');
}

/** Kept inside the output, so that deleting the output is enough to have it made again. */
function markerOf(target: Target): string {
  return join(target.output, '.inputs');
}

function readMarker(target: Target): string | undefined {
  return existsSync(markerOf(target)) ? readFileSync(markerOf(target), 'utf8') : undefined;
}

function inputsHash(target: Target): string {
  const hash = createHash('sha256').update(target.command.slice(1).join(' '));
  for (const file of target.inputs.flatMap(filesUnder)) hash.update(relative(root, file)).update(readFileSync(file));
  return hash.digest('hex');
}

function filesUnder(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/**
 * `prisma generate` looks for an engine that it then does not use, and would download it: naming any executable stops that.
 * It also wants a database URL in place, which it does not connect to.
 */
const environment = {
  PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
  CHECKPOINT_DISABLE: '1',
  DATABASE_URL: process.env.DATABASE_URL ?? 'postgres://unused',
};

async function run(target: Target): Promise<void> {
  const { code, output } = await runTool(target.command, { cwd: target.cwd, env: environment });
  if (code !== 0) throw new Error(`Generating ${target.name} failed (exit code ${code}):\n${output}`);
}

if (import.meta.main) {
  await generate((line) => console.error(line)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}

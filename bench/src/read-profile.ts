import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from './table.ts';

// Where the time went, of each profile that `npm run bench -- --profile <directory>` left behind.
const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Usage: node bench/src/read-profile.ts <directory>');

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  timeDeltas: number[];
}

const linesMax = 20;
/** Helper threads and services that idle say nothing. */
const busySecondsMin = 3;

for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
  const shares = sharesOf(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  const busySeconds = [...shares.values()].reduce((sum, seconds) => sum + seconds, 0);
  if (busySeconds < busySecondsMin) continue;
  const rows = [...shares]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, linesMax)
    .map(([part, seconds]) => [part, ((100 * seconds) / busySeconds).toFixed(1)]);
  console.log(`\n${file}: busy ${busySeconds.toFixed(1)} s\n${table(['part', '%'], rows)}`);
}

/** Seconds spent in each package, with what the runtime itself did by its module. */
function sharesOf({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const partById = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const shares = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const part = partById.get(id) ?? '';
    if (part === '(idle)') continue;
    shares.set(part, (shares.get(part) ?? 0) + (timeDeltas[index] ?? 0) / 1_000_000);
  }
  return shares;
}

function partOf({ functionName, url }: { functionName: string; url: string }): string {
  const library = [...url.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].at(-1)?.[1];
  const own = /\/((?:packages|services)\/[^/]+)\//.exec(url)?.[1];
  return library ?? own ?? (url || functionName);
}

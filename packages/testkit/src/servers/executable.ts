import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The path of a program: in the folders given, then on the PATH. */
export function executable(name: string, ...folders: string[]): string | undefined {
  for (const folder of [...folders, ...(process.env.PATH ?? '').split(':')]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

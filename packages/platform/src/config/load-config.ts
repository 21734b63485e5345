import type { z } from 'zod';

/** Thrown when the environment cannot be parsed. The message names every bad variable and never its value. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Parses the environment with a zod schema whose keys are variable names and returns the schema's output.
 * A variable that is set to the empty string counts as not set, as compose files and manifests do that.
 * Throws ConfigError with one line per bad variable.
 */
export function loadConfig<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${problemOf(issue)}`),
  );
}

const problemOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.expected === 'number' ? 'must be a number' : issue.message;

/** Reads each part of a configuration; where some are not valid, throws one ConfigError with the problems of all. */
export function readAll<T extends readonly unknown[]>(...parts: { [I in keyof T]: () => T[I] }): T {
  const problems: string[] = [];
  const read = parts.map((part) => {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return read as unknown as T;
}

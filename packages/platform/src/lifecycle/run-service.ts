import { ConfigError } from '../config/load-config.ts';
import type { ServiceConfig } from '../config/service-config.ts';
import { createLogger, type Logger } from '../operations/logger.ts';
import { runProcess } from './run-process.ts';

/**
 * The whole of a service's main: reads its configuration, puts it together and runs it (see runProcess). A configuration
 * that is not valid is told in one line of the log that names all bad variables, with exit code 1.
 */
export function runService<C extends Pick<ServiceConfig, 'logLevel' | 'shutdownTimeoutMs'>>(
  name: string,
  service: {
    readConfig: (environment: NodeJS.ProcessEnv) => C;
    compose: (config: C, parts: { logger: Logger }) => Parameters<typeof runProcess>[0];
  },
): void {
  const config = readOrExit(name, service.readConfig);
  const logger = createLogger({ service: name, level: config.logLevel });
  runProcess(service.compose(config, { logger }), { logger, shutdownTimeoutMs: config.shutdownTimeoutMs });
}

function readOrExit<C>(name: string, readConfig: (environment: NodeJS.ProcessEnv) => C): C {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    createLogger({ service: name }).fatal({ problems: error.problems }, 'the configuration is not valid');
    process.exit(1);
  }
}

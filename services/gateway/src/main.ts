import { createLogger, runProcess } from '@outlay/platform';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const logger = createLogger({ service: 'gateway', level: config.logLevel });

runProcess(compose(config, { logger }), { logger, shutdownTimeoutMs: config.shutdownTimeoutMs });

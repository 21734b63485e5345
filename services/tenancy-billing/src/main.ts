import { createLogger, runProcess } from '@outlay/platform';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const logger = createLogger({ service: 'tenancy-billing', level: config.logLevel });

const service = compose(config, { logger });
const start = async () => {
  await service.start();
};

runProcess({ start, stop: service.stop }, { logger, shutdownTimeoutMs: config.shutdownTimeoutMs });

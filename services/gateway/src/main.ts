import { createLogger, runProcess } from '@outlay/platform';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

const config = readConfig();
const logger = createLogger({ service: 'gateway', level: config.logLevel });
const service = compose(config, { logger });

runProcess(
  {
    start: async () => {
      await service.start();
    },
    stop: service.stop,
  },
  { logger, shutdownTimeoutMs: config.shutdownTimeoutMs },
);

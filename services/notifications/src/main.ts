import { runService } from '@outlay/platform';
import { compose } from './compose.ts';
import { readConfig } from './config.ts';

runService('notifications', { readConfig, compose });

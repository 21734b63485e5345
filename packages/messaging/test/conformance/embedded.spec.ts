import { describeBus } from './bus-conformance.ts';
import { startEmbeddedDriver } from './drivers/embedded-driver.ts';

describeBus('the embedded bus', startEmbeddedDriver);

import type { ServiceProcess } from '@outlay/testkit/host';
import { tailOf } from '@outlay/testkit/host';
import { local } from './local-files.ts';
import { showErrors } from './show-errors.ts';

const firstDelayMs = 500;
const longestDelayMs = 10_000;
/** A service that has run this long is well; the next crash starts with the shortest wait again. */
const wellAfterMs = 30_000;

/** Starts a service that ended by itself again, waiting longer each time, and shows the errors that services log. Answers how to end that. */
export function supervise(services: readonly ServiceProcess[]): () => Promise<void> {
  const timers = new Set<NodeJS.Timeout>();
  const errors = showErrors(services.map((service) => service.name));
  let isOver = false;

  for (const service of services) {
    let delayMs = firstDelayMs;
    let startedAt = performance.now();
    service.onUnexpectedExit((reason) => {
      if (isOver) return;
      if (performance.now() - startedAt > wellAfterMs) delayMs = firstDelayMs;
      console.error(
        `${service.name} ended (${reason}) and is started again in ${delayMs / 1000} s. The end of its log:`,
      );
      console.error(tailOf(local('logs', `${service.name}.log`), 5));
      const timer = setTimeout(() => {
        timers.delete(timer);
        startedAt = performance.now();
        service.start();
        service.ready().then(
          () => console.log(`${service.name} is back.`),
          () => {},
        );
      }, delayMs);
      timers.add(timer);
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    });
  }
  return async () => {
    isOver = true;
    for (const timer of timers) clearTimeout(timer);
    errors.stop();
  };
}

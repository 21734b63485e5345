const prefix = 'outlay_test';
const staleAfterMs = 2 * 60 * 60 * 1000;

/** Names a database or virtual host so that others can tell its age and owner: several test runs share one server. */
export function testResourceName(unique: string, now = Date.now()): string {
  return `${prefix}_${Math.floor(now / 1000).toString(36)}_${process.pid}_${unique}`;
}

/** Whether a name was made by `testResourceName` more than two hours ago, by a run that did not get to clean up. */
export function isStaleTestResource(name: string, now = Date.now()): boolean {
  const match = /^outlay_test_([0-9a-z]+)_\d+_[0-9a-z]+$/.exec(name);
  if (match === null) return false;
  return now - Number.parseInt(match[1] as string, 36) * 1000 > staleAfterMs;
}

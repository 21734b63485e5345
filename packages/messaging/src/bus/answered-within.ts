import { within } from '@outlay/platform';

/** What work answers, or something else where it fails or takes longer. */
export async function answeredWithin<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  let answer = otherwise;
  await within(
    ms,
    work.then((found) => {
      answer = found;
    }),
  );
  return answer;
}

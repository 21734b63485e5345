import { readFileSync } from 'node:fs';

// Reads the reports that jest left (--json): `node scripts/ci-outcomes.mjs failed first.json` names the files with a failure, a line
// each; `node scripts/ci-outcomes.mjs sum first.json [second.json]` says what came of all tests, the files of the second report
// counting as it has them, and exits with 1 unless all passed.
const [mode, ...reports] = process.argv.slice(2);
const [first, second] = reports.map(read);

if (mode === 'failed') {
  for (const { name } of (first?.testResults ?? []).filter(hasFailed)) console.log(name);
} else {
  const again = new Map((second?.testResults ?? []).map((file) => [file.name, file]));
  const files = (first?.testResults ?? []).map((file) => again.get(file.name) ?? file);
  const tests = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const count = (...statuses) => tests.filter((status) => statuses.includes(status)).length;
  // A file that could not be run at all has no tests to count.
  const broken = files.filter((file) => hasFailed(file) && !file.assertionResults.some(hasFailed)).length;
  const [passed, failed, skipped] = [count('passed'), count('failed') + broken, count('pending', 'todo', 'skipped')];
  for (const file of (first?.testResults ?? []).filter(hasFailed)) {
    const passedAgain = new Set(
      again
        .get(file.name)
        ?.assertionResults.filter(hasPassed)
        .map(({ fullName }) => fullName),
    );
    for (const { fullName } of file.assertionResults.filter(hasFailed)) {
      if (passedAgain.has(fullName)) console.log(`unreliable, passed when run again: ${fullName} (${file.name})`);
    }
  }
  // Jest's own closing line reads "Tests: 1 failed, 2 passed, 3 total"; this one says the same in the common form.
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}

function hasFailed({ status }) {
  return status === 'failed';
}

function hasPassed({ status }) {
  return status === 'passed';
}

function read(path) {
  const text = readFileSync(path, 'utf8');
  return text === '' ? undefined : JSON.parse(text);
}

// `npm test`: installs what is missing, runs every check there is, and sums them up. The last line is
// "N passed, N failed": the tests of all runners together; a stage that fails without a failed test counts as one.
// `npm test -- --only unit,e2e` runs some of the stages.
// @ts-check
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBrowser } from './browser.js';
import { float16Driver } from './float16-driver.js';
import { ensureDependencies } from './install.js';
import { ROOT, runProgram } from './process.js';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ ok: boolean, counts?: Counts, skipped?: string }} Outcome `skipped`: why the stage did not run */
/** @typedef {{ name: string, run: () => Promise<Outcome> }} Stage */

const REPORTS = join(ROOT, '.cache', 'test-reports');

/**
 * A stage of programs that only succeed or fail. They run side by side, all to their end.
 * @param {string} name
 * @param {readonly (readonly [string, ...string[]])[]} commands package name and arguments
 * @returns {Stage}
 */
function checks(name, ...commands) {
  return {
    name,
    run: async () => {
      const codes = await Promise.all(commands.map(([program, ...args]) => runProgram(program, args)));
      return { ok: codes.every((code) => code === 0) };
    },
  };
}

/**
 * Runs Vitest and reads its JSON report.
 * @param {string} name
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Stage}
 */
function vitest(name, args, env = {}) {
  return {
    name,
    run: async () => {
      const report = join(REPORTS, `${name}.json`);
      const code = await runProgram(
        'vitest',
        ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
        env,
      );
      const result = readReport(report);
      // A runner that ends without a report has not run to its end, whatever it says: a native addon may have taken it along.
      if (result === null) return { ok: false };
      const skipped = Number(result.numPendingTests ?? 0) + Number(result.numTodoTests ?? 0);
      return {
        ok: code === 0,
        counts: {
          passed: Number(result.numPassedTests ?? 0),
          failed: Number(result.numFailedTests ?? 0),
          skipped,
        },
      };
    },
  };
}

/** @returns {Stage} the float16 graphs, where a device for them can be had */
function float16() {
  const name = 'float16';
  return {
    name,
    run: async () => {
      const driver = await float16Driver();
      if ('reason' in driver) return { ok: true, skipped: driver.reason };
      console.log(`Device: ${driver.adapter}`);
      // Shaders that were never compiled before take minutes on a busy machine.
      const patience = ['--testTimeout=1800000', '--hookTimeout=1800000'];
      const stage = vitest(name, ['.float16.test', ...patience], {
        ...driver.env,
        DARKROOM_FLOAT16: '1',
        // Mesa's software driver compiles in half the time for short vectors, and compiling is nearly all there is to do.
        LP_NATIVE_VECTOR_WIDTH: '128',
      });
      const outcome = await stage.run();
      if (outcome.counts !== undefined) return outcome;
      // Seen once: the software driver took the runner along in the middle. The shaders it had compiled are kept.
      console.log('The runner has ended without a report. Once more.');
      return stage.run();
    },
  };
}

/**
 * Runs Playwright and reads its JSON report.
 * @param {string} browser path of the Chromium to use
 * @returns {Stage}
 */
function playwright(browser) {
  return {
    name: 'e2e',
    run: async () => {
      const report = join(REPORTS, 'e2e.json');
      const code = await runProgram('@playwright/test', ['test', '--reporter=list,json'], {
        CHROME_PATH: browser,
        PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      });
      const stats = readReport(report)?.stats;
      return {
        ok: code === 0 && stats !== undefined,
        counts: {
          passed: Number(stats?.expected ?? 0) + Number(stats?.flaky ?? 0),
          failed: Number(stats?.unexpected ?? 0),
          skipped: Number(stats?.skipped ?? 0),
        },
      };
    },
  };
}

/**
 * @param {string} file
 * @returns {Record<string, number> & { stats?: Record<string, number> } | null} null when the runner left no report
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {number} start milliseconds */
const seconds = (start) => `${String(Math.round((Date.now() - start) / 1000))} s`;

/** @returns {Promise<number>} the exit code */
async function main() {
  const at = process.argv.indexOf('--only');
  const only = at < 0 ? null : (process.argv[at + 1] ?? '').split(',');
  await ensureDependencies();
  const needsBrowser = only === null || only.includes('e2e');
  const browser = needsBrowser ? await ensureBrowser() : '';
  if (needsBrowser) console.log(`Browser: ${browser}`);
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  const stages = [
    checks(
      'lint',
      ['eslint', '.'],
      ['prettier', '--check', '--log-level', 'warn', '.'],
      ['dependency-cruiser', 'src', 'workers'],
    ),
    checks('types', ['typescript', '-p', '.'], ['typescript', '-p', 'workers'], ['svelte-check']),
    vitest('unit', ['--exclude=**/*.float16.test.ts']),
    float16(),
    checks(
      'build',
      ['vite', 'build'],
      ['vite', 'build', '--config', 'vite.single.config.ts'],
      ['vite', 'build', '--config', 'e2e/harness/vite.config.ts'],
    ),
    playwright(browser),
  ].filter((stage) => only === null || only.includes(stage.name));
  if (stages.length === 0) throw new Error('--only takes stages: lint, types, unit, float16, build, e2e.');

  const sum = { passed: 0, failed: 0 };
  const lines = [];
  for (const stage of stages) {
    console.log(`\n== ${stage.name}`);
    const start = Date.now();
    const { ok, counts, skipped } = await stage.run();
    const failed = counts !== undefined && counts.failed > 0 ? counts.failed : ok ? 0 : 1;
    sum.passed += counts?.passed ?? 0;
    sum.failed += failed;
    const verdict = skipped !== undefined ? 'SKIPPED' : ok ? 'ok' : 'FAILED';
    const numbers = counts && `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    const details = skipped ?? numbers;
    lines.push(
      `${verdict.padEnd(7)} ${stage.name.padEnd(7)} ${seconds(start).padStart(6)}  ${details ?? ''}`,
    );
  }
  console.log(`\n${lines.join('\n')}`);
  console.log(`${String(sum.passed)} passed, ${String(sum.failed)} failed`);
  return sum.failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}

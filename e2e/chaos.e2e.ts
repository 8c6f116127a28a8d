// The page is hurt at random moments: its renderer, its GPU process or the whole browser is killed, its tab is closed,
// left or reloaded, while it imports, deletes, draws, sorts pictures or keeps settings. Afterwards everything is whole.
//
// A short form runs with the other tests; `npm run chaos -- --rounds 100` is the long one. The moments come from a seed,
// as a share of what the same work takes undisturbed, so that they fall within it on any machine.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { generator } from '../scripts/full-size-weights.ts';
import {
  Deleting,
  Drawing,
  importFiles,
  imported,
  Importing,
  Setting,
  Sorting,
  watchErrors,
  type Accident,
} from './chaos/accidents.ts';
import { ChaosBrowser, MANNERS, type Manner } from './chaos/browser.ts';
import { makeCheckpoint } from './small-checkpoint.ts';

/** Set by `npm run chaos`. */
const ROUNDS = Number(process.env['DARKROOM_CHAOS_ROUNDS'] ?? 6);
const SEED = Number(process.env['DARKROOM_CHAOS_SEED'] ?? 1);
const ON_GPU = process.env['DARKROOM_CHAOS_GPU'] === '1';
const STEPS = ON_GPU ? 6 : 20;

test('whatever is killed at whatever moment, nothing is lost and nothing is left behind', async ({
  baseURL,
}, info) => {
  test.skip(process.platform !== 'linux', 'Processes are found through /proc.');
  test.setTimeout(2_700_000 + 300_000 * ROUNDS);
  const next = generator(SEED);
  const random = () => (next() + 1) / 2;
  const small = await makeCheckpoint(info.outputPath('model'));
  const large = await makeCheckpoint(info.outputPath('model'), {
    name: 'large',
    seed: 2,
    vocabulary: 800_000,
  });
  const browser = new ChaosBrowser(
    info.outputPath('profile'),
    String(baseURL),
    info.project.use.launchOptions ?? {},
    ON_GPU ? 'gpu' : 'cpu',
  );

  let darkroom = await browser.open();
  await importFiles(darkroom, small);
  await imported(darkroom, small);
  const drawing = new Drawing(STEPS);
  const accidents: readonly Accident[] = ON_GPU
    ? [drawing]
    : [drawing, new Importing(large, 1), new Sorting(), new Deleting(large, 1), new Setting(random)];

  /** Milliseconds that each takes undisturbed. */
  const durations = new Map<Accident, number>();
  for (const accident of accidents) {
    await test.step(`${accident.name}, undisturbed`, async () => {
      await accident.begin(darkroom);
      const start = performance.now();
      await accident.end(darkroom);
      durations.set(accident, performance.now() - start);
      await browser.hurt('reloaded');
      darkroom = await browser.open();
      await accident.check(darkroom);
    });
  }

  // Every manner in turn, each time with other work.
  const manners = shuffled(MANNERS, random);
  for (let round = 0; round < ROUNDS; round++) {
    const accident = accidents[round % accidents.length]!;
    const manner = manners[(round + Math.floor(round / manners.length)) % manners.length]!;
    const wait = random() * durations.get(accident)!;
    const title = `${round + 1} of ${ROUNDS}: ${accident.name}, ${manner} after ${Math.round(wait)} ms`;
    await test.step(title, async () => {
      if (process.env['DARKROOM_CHAOS_ROUNDS'] !== undefined) console.log(title);
      darkroom = await browser.open();
      const errors = watchErrors(darkroom.page);
      await accident.begin(darkroom);
      await sleep(wait);
      await browser.hurt(manner);
      // The browser starts another by itself, and the page must not notice.
      if (manner === 'GPU process killed') await accident.end(darkroom);
      expect(errors).toEqual([]);
      darkroom = await browser.open();
      await accident.check(darkroom);
    });
  }
  await browser.close();
});

function shuffled(manners: readonly Manner[], random: () => number): Manner[] {
  const rest = [...manners];
  return manners.map(() => rest.splice(Math.floor(random() * rest.length), 1)[0]!);
}

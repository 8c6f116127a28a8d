import { describe, expect, it } from 'vitest';
import type { RunEnd } from '../state/generation.svelte.ts';
import { Failure } from '../failure.ts';
import { LONG, RunWatch, type NotifyChoice } from './run-watch.ts';

const FINISHED: RunEnd = { status: 'finished' };

interface Case {
  readonly notify?: NotifyChoice;
  readonly sound?: boolean;
  readonly away?: boolean;
  readonly took?: number;
  readonly ends?: readonly RunEnd[];
}

/** What is told of a run. */
async function told({ notify = 'on', sound = false, away = true, took = LONG, ends = [FINISHED] }: Case) {
  const said: string[] = [];
  let now = 1000;
  const watch = new RunWatch({
    settings: { notify, notifySound: sound },
    pictures: () => 3,
    away: () => away,
    now: () => now,
    sound: () => Promise.resolve(void said.push('sound')),
    offer: () => void said.push('offer'),
    notify: ({ took, pictures, failed }) =>
      Promise.resolve(void said.push(`${pictures} in ${took}${failed ? ', failed' : ''}`)),
  });
  await watch.during(() => {
    now += took;
    for (const end of ends) watch.jobEnded(end);
    return Promise.resolve();
  });
  await Promise.resolve();
  return said;
}

describe('a run that is over', () => {
  it('is told to who is away and waited long', async () => {
    expect(await told({})).toEqual(['3 in 30000']);
    expect(await told({ ends: [FINISHED, FINISHED] })).toEqual(['6 in 30000']);
    expect(await told({ away: false })).toEqual([]);
    expect(await told({ took: LONG - 1 })).toEqual([]);
    expect(await told({ notify: 'off' })).toEqual([]);
  });

  it('says when something failed, and nothing to who stopped it', async () => {
    const failure = new Failure('internal', '');
    expect(await told({ ends: [FINISHED, { status: 'failed', failure }] })).toEqual(['3 in 30000, failed']);
    expect(await told({ ends: [{ status: 'interrupted' }], sound: true })).toEqual([]);
  });

  it('is offered once it was long, wherever the person is', async () => {
    expect(await told({ notify: 'unasked' })).toEqual(['offer']);
    expect(await told({ notify: 'unasked', away: false })).toEqual(['offer']);
    expect(await told({ notify: 'unasked', took: 10 })).toEqual([]);
  });

  it('sounds after every run where that is wanted', async () => {
    expect(await told({ sound: true, took: 10, away: false })).toEqual(['sound']);
  });
});

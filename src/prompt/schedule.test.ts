// Prompt editing: A1111's documented examples, and nesting without end.
import { describe, expect, it } from 'vitest';
import { schedulePrompt } from './schedule.ts';

function schedule(text: string, steps = 10): [number, string][] {
  return schedulePrompt(text, { steps }).map(({ lastStep, text: at }) => [lastStep, at]);
}

describe('schedulePrompt', () => {
  it('reads the example of the wiki', () => {
    const prompt =
      'fantasy landscape with a [mountain:lake:0.25] and [an oak:a christmas tree:0.75]' +
      '[ in foreground::0.6][ in background:0.25] [shoddy:masterful:0.5]';
    expect(schedule(prompt, 100)).toEqual([
      [25, 'fantasy landscape with a mountain and an oak in foreground shoddy'],
      [50, 'fantasy landscape with a lake and an oak in foreground in background shoddy'],
      [60, 'fantasy landscape with a lake and an oak in foreground in background masterful'],
      [75, 'fantasy landscape with a lake and an oak in background masterful'],
      [100, 'fantasy landscape with a lake and a christmas tree in background masterful'],
    ]);
  });

  it('alternates each step', () => {
    expect(schedule('[fe|]male', 3)).toEqual([
      [1, 'female'],
      [2, 'male'],
      [3, 'female'],
    ]);
  });

  it.each(['[a|b', 'a | b', '(a|b)', '[a|b:0.5]', '[a:b:0.5] \\', '[(a:b:c)|d]'])(
    'keeps %j, which the grammar does not know',
    (text) => {
      expect(schedule(text)).toEqual([[10, text]]);
    },
  );

  it('counts the second pass on from the first', () => {
    const second = (text: string): string[] =>
      schedulePrompt(text, { steps: 10, hiresSteps: 10 }).map(
        ({ lastStep, text: at }) => `${lastStep} ${at}`,
      );
    expect(second('a [b:.5] c')).toEqual(['10 a b c']);
    expect(second('a [b:1.5] c')).toEqual(['5 a  c', '10 a b c']);
    expect(second('a [b:15] c')).toEqual(['5 a  c', '10 a b c']);
  });

  it('reads a hundred thousand nested brackets', () => {
    const depth = 100_000;
    expect(schedule(`${'['.repeat(depth)}a${':3]'.repeat(depth)}`)).toEqual([
      [3, ''],
      [10, 'a'],
    ]);
    expect(schedule(`${'['.repeat(depth)}a${'|b]'.repeat(depth)}`, 2)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    const strays = `${'('.repeat(depth)}[`;
    expect(schedule(strays)).toEqual([[10, strays]]);
  });
});

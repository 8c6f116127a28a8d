import { beforeEach, describe, expect, it } from 'vitest';
import { Gestures, type Press } from './gestures.ts';

let told: string[];
let held: boolean;
let gestures: Gestures;

beforeEach(() => {
  told = [];
  held = false;
  gestures = new Gestures(
    {
      begin: ({ x, y }, erases) => told.push(`${erases ? 'erase' : 'paint'} ${x},${y}`),
      goOn: ({ x, y }) => told.push(`to ${x},${y}`),
      end: () => told.push('end'),
      takeBack: () => told.push('take back'),
      move: ({ x, y }, factor) => told.push(`move ${x},${y} x${factor.toFixed(2)}`),
    },
    () => held,
  );
});

const press = (asked: Partial<Press>): Press => ({
  id: 1,
  kind: 'mouse',
  button: 0,
  x: 0,
  y: 0,
  pressure: null,
  ...asked,
});
const finger = (id: number, x: number, y: number) => press({ id, x, y, kind: 'touch' });

describe('hands on the canvas', () => {
  it('paint with a mouse, a pen and its other end', () => {
    gestures.down(press({ x: 5 }));
    gestures.moved(press({ x: 9 }));
    gestures.up(1);
    gestures.moved(press({ x: 20 }));
    gestures.down(press({ kind: 'pen', button: 5 }));
    gestures.up(1, true);
    expect(told).toEqual(['paint 5,0', 'to 9,0', 'end', 'erase 0,0', 'take back']);
  });

  it('move with the middle button, or a key held', () => {
    gestures.down(press({ button: 1, x: 5, y: 5 }));
    gestures.moved(press({ button: 1, x: 8, y: 3 }));
    gestures.up(1);
    held = true;
    gestures.down(press({}));
    gestures.moved(press({ x: 1 }));
    held = false;
    gestures.moved(press({ x: 3 }));
    gestures.up(1);
    expect(told).toEqual(['move 3,-2 x1.00', 'move 1,0 x1.00', 'move 2,0 x1.00']);
    expect(gestures.down(press({ button: 2 }))).toBe(false);
  });

  it('paint with one finger, move with two, and rest until both are up', () => {
    gestures.down(finger(1, 0, 0));
    gestures.moved(finger(1, 4, 0));
    gestures.down(finger(2, 104, 0));
    gestures.moved(finger(2, 204, 0));
    gestures.up(2);
    gestures.moved(finger(1, 50, 50));
    gestures.up(1);
    gestures.down(finger(3, 1, 1));
    gestures.up(3);
    expect(told).toEqual(['paint 0,0', 'to 4,0', 'take back', 'move 50,0 x2.00', 'paint 1,1', 'end']);
  });

  it('keep a stroke that was one when a second finger comes', () => {
    gestures.down(finger(1, 0, 0));
    gestures.moved(finger(1, 90, 0));
    gestures.down(finger(2, 10, 0));
    expect(told.at(-1)).toBe('end');
  });

  it('do not count while a pen paints', () => {
    gestures.down(press({ id: 7, kind: 'pen' }));
    expect(gestures.down(finger(1, 0, 0))).toBe(false);
    gestures.down(finger(2, 0, 0));
    gestures.moved(press({ id: 7, kind: 'pen', x: 3 }));
    expect(told).toEqual(['paint 0,0', 'to 3,0']);
  });
});

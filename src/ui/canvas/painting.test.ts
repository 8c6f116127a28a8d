import { describe, expect, it } from 'vitest';
import { History } from './history.ts';
import { Layer, layerSize, TILE } from './layer.ts';
import { radiusFor, Stroke, type Brush } from './stroke.ts';

const RED = [255, 0, 0] as const;
const BLUE = [0, 0, 255] as const;
const brush = (asked: Partial<Brush> = {}): Brush => ({
  color: RED,
  opacity: 1,
  softness: 0,
  hard: true,
  ...asked,
});

/** Red, green, blue, alpha. */
function pixel(layer: Layer, x: number, y: number): number[] {
  const [index] = layer.tilesIn({ x, y, width: 1, height: 1 });
  const bounds = layer.boundsOf(index!);
  const at = 4 * ((y - bounds.y) * TILE + x - bounds.x);
  return [...(layer.tile(index!)?.subarray(at, at + 4) ?? [0, 0, 0, 0])];
}

/** How many pixels have any paint. */
function painted(layer: Layer): number {
  let count = 0;
  for (const index of layer.tilesIn(layer.bounds)) {
    const tile = layer.tile(index);
    for (let i = 3; tile && i < tile.length; i += 4) if (tile[i]! > 0) count += 1;
  }
  return count;
}

function draw(layer: Layer, asked: Brush, ...ways: [x: number, y: number, radius: number][]): Stroke {
  const stroke = new Stroke(layer, asked);
  for (const [x, y, radius] of ways) stroke.to({ x, y, radius });
  return stroke;
}

describe('a stroke', () => {
  it('covers the pixels whose middles the brush passes over, across tiles', () => {
    const layer = new Layer(600, 400);
    draw(layer, brush(), [200, 100, 10], [500, 100, 10]);
    for (const x of [190, 255, 256, 300, 509]) expect(pixel(layer, x, 100)).toEqual([255, 0, 0, 255]);
    for (const [x, y] of [
      [188, 100],
      [511, 100],
      [300, 88],
      [300, 111],
    ] as const)
      expect(pixel(layer, x, y)[3]).toBe(0);
    expect(painted(layer)).toBeCloseTo(300 * 20 + Math.PI * 100, -2);
  });

  it('is evenly opaque where it crosses itself, and on top of what was there', () => {
    const layer = new Layer(100, 100);
    draw(layer, brush({ opacity: 0.5 }), [20, 50, 5], [80, 50, 5], [20, 50, 5]);
    expect(pixel(layer, 50, 50)).toEqual([255, 0, 0, 128]);
    draw(layer, brush({ color: BLUE, opacity: 0.5 }), [50, 50, 5]);
    expect(pixel(layer, 50, 50)).toEqual([85, 0, 170, 192]);
    draw(layer, brush({ color: null }), [50, 50, 5]);
    expect(pixel(layer, 50, 50)[3]).toBe(0);
    expect(pixel(layer, 30, 50)[3]).toBe(128);
  });

  it('fades out where it is soft, and has smooth edges where it is not hard', () => {
    const layer = new Layer(100, 100);
    draw(layer, brush({ softness: 1 }), [50, 50, 40]);
    const alphas = [50, 60, 70, 80, 89].map((x) => pixel(layer, x, 50)[3]!);
    expect([...alphas].sort((a, b) => b - a)).toEqual(alphas);
    expect(alphas[0]).toBeGreaterThan(250);
    expect(alphas.at(-1)).toBeLessThan(5);
    const smooth = new Layer(100, 100);
    draw(smooth, brush({ hard: false }), [50.2, 50, 10]);
    expect(pixel(smooth, 60, 50)[3]).toBeGreaterThan(0);
    expect(pixel(smooth, 60, 50)[3]).toBeLessThan(255);
  });

  it('stays within the layer', () => {
    const layer = new Layer(50, 30);
    draw(layer, brush(), [-20, -20, 8], [80, 80, 200]);
    expect(painted(layer)).toBe(50 * 30);
    expect(layer.takeChanged()).toEqual(layer.bounds);
    expect(layer.takeChanged().width).toBe(0);
  });

  it('goes through all places of a frame, but for those that nobody would miss', () => {
    const straight = new Layer(400, 200);
    const bent = new Layer(400, 200);
    const [one, other] = [new Stroke(straight, brush()), new Stroke(bent, brush())];
    const places = (y: (x: number) => number) =>
      Array.from({ length: 16 }, (_, i) => ({ x: 40 + 20 * i, y: y(40 + 20 * i), radius: 10 }));
    one.along(places(() => 100));
    const line = new Layer(400, 200);
    draw(line, brush(), [40, 100, 10], [340, 100, 10]);
    for (const index of line.tilesIn(line.bounds)) expect(straight.tile(index)).toEqual(line.tile(index));
    other.along(places((x) => 100 + 60 * Math.sin(x / 40)));
    for (let x = 40; x <= 340; x += 20)
      expect(pixel(bent, x, Math.round(100 + 60 * Math.sin(x / 40)))[3]).toBe(255);
  });

  it('comes out alike whether it is painted at once or goes on, also where it fades', () => {
    for (const softness of [0, 0.7]) {
      const layer = new Layer(300, 300);
      draw(
        layer,
        brush({ softness, hard: false }),
        [60, 60, 40],
        [150, 90, 40],
        [220, 230, 40],
        [80, 200, 40],
      );
      for (const [x, y] of [
        [60, 60],
        [105, 75],
        [185, 160],
        [150, 215],
        [80, 200],
      ] as const)
        expect(pixel(layer, x, y)).toEqual([255, 0, 0, 255]);
      // Of each pixel the nearest place of the whole way counts.
      const nearest = (x: number, y: number) => {
        const ways = [
          [60, 60, 150, 90],
          [150, 90, 220, 230],
          [220, 230, 80, 200],
        ] as const;
        return Math.min(
          ...ways.map(([ax, ay, bx, by]) => {
            const [dx, dy] = [bx - ax, by - ay];
            const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
            return Math.hypot(x - ax - t * dx, y - ay - t * dy);
          }),
        );
      };
      for (let y = 0; y < 300; y += 7)
        for (let x = 0; x < 300; x += 7) {
          const distance = nearest(x + 0.5, y + 0.5);
          const alpha = pixel(layer, x, y)[3]!;
          const t = Math.min(1, Math.max(0, (40 - distance) / (softness * 40)));
          const wanted = softness > 0 ? t * t * (3 - 2 * t) : Math.min(1, Math.max(0, 40.5 - distance));
          expect(Math.abs(alpha - 255 * wanted), `${x}, ${y}`).toBeLessThan(1.01);
        }
    }
  });

  it('is as wide as a pen is pressed', () => {
    expect(radiusFor(50, null)).toBe(50);
    expect(radiusFor(50, 1)).toBe(50);
    expect(radiusFor(50, 0.5)).toBeCloseTo(30);
    expect(radiusFor(1, 0)).toBe(0.5);
  });
});

describe('a layer', () => {
  it('is filled, inverted and cleared', () => {
    const layer = new Layer(300, 300);
    draw(layer, brush(), [150, 150, 20]);
    const count = painted(layer);
    layer.invert(RED);
    expect(painted(layer)).toBeGreaterThan(300 * 300 - count - 1);
    expect(pixel(layer, 150, 150)[3]).toBe(0);
    expect(pixel(layer, 0, 0)).toEqual([255, 0, 0, 255]);
    layer.fill(RED);
    layer.invert(RED);
    expect(layer.isEmpty, 'beyond its edges, too').toBe(true);
    layer.fill(RED);
    layer.clear();
    expect(layer.isEmpty).toBe(true);
    layer.fill(BLUE);
    expect(pixel(layer, 299, 299)).toEqual([0, 0, 255, 255]);
  });

  it('is as large as the picture, up to what can be painted on', () => {
    expect(layerSize({ width: 2048, height: 1000 })).toEqual({ width: 2048, height: 1000 });
    const { width, height } = layerSize({ width: 8192, height: 4096 });
    expect(width * height).toBeLessThanOrEqual(4096 * 4096 * 1.001);
    expect(width / height).toBeCloseTo(2, 2);
  });
});

describe('the history', () => {
  it('goes back and forth, and forgets what was undone when something else is painted', () => {
    const layer = new Layer(300, 300);
    const history = new History(layer);
    for (const x of [50, 150, 250]) history.add(draw(layer, brush(), [x, 50, 10]).patch);
    const alphas = () => [50, 150, 250].map((x) => pixel(layer, x, 50)[3]);
    history.undo();
    history.undo();
    expect(alphas()).toEqual([255, 0, 0]);
    history.redo();
    expect(alphas()).toEqual([255, 255, 0]);
    history.add(layer.clear());
    expect(history.canRedo).toBe(false);
    history.undo();
    history.undo();
    history.undo();
    expect(layer.isEmpty).toBe(true);
    expect(history.canUndo).toBe(false);
    history.redo();
    expect(alphas()).toEqual([255, 0, 0]);
  });

  it('keeps within its memory, and the last step in any case', () => {
    const layer = new Layer(TILE, TILE);
    const history = new History(layer, 3 * TILE * TILE * 4);
    for (let i = 0; i < 10; i++) history.add(layer.fill([i, 0, 0]));
    let steps = 0;
    for (; history.canUndo; steps++) history.undo();
    expect(steps).toBe(3);
    expect(pixel(layer, 0, 0)[0]).toBe(6);
    const large = new Layer(4 * TILE, TILE);
    const small = new History(large, TILE);
    large.fill(RED);
    small.add(large.clear());
    expect(small.canUndo).toBe(true);
  });
});

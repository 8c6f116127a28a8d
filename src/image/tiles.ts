// Pictures and other planes of numbers, cut into overlapping tiles and put together again.

/** A rectangle of pixels; ends are exclusive. */
export interface Area {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** [channels, height, width]. */
export interface Planes {
  readonly data: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface Tile {
  /** What is computed: the core, and around it what it looks at. */
  readonly whole: Area;
  /** What of it counts. The cores of all tiles cover the picture once. */
  readonly core: Area;
}

/**
 * Tiles about equal in size, their cores at most `size` along each side, and `halo` more of their neighbours around. `wraps`: at the
 * picture's edges the neighbours are those of the opposite side, and `whole` lies partly outside.
 */
export function cutTiles(height: number, width: number, size: number, halo: number, wraps = false): Tile[] {
  const cuts = (length: number) => {
    const count = Math.ceil(length / size);
    const at = (i: number) => Math.floor((i * length) / count);
    return Array.from({ length: count }, (_, i) => [at(i), at(i + 1)] as const);
  };
  return cuts(height).flatMap(([top, bottom]) =>
    cuts(width).map(([left, right]) => {
      const core = { top, left, bottom, right };
      const whole = { top: top - halo, left: left - halo, bottom: bottom + halo, right: right + halo };
      return { core, whole: wraps ? whole : clipped(whole, height, width) };
    }),
  );
}

function clipped({ top, left, bottom, right }: Area, height: number, width: number): Area {
  return {
    top: Math.max(0, top),
    left: Math.max(0, left),
    bottom: Math.min(height, bottom),
    right: Math.min(width, right),
  };
}

export function emptyPlanes(channels: number, height: number, width: number): Planes {
  return { data: new Float32Array(channels * height * width), channels, height, width };
}

export function cutOut(from: Planes, area: Area): Planes {
  const to = emptyPlanes(from.channels, heightOf(area), widthOf(area));
  paste(from, area, to, { top: 0, left: 0, bottom: to.height, right: to.width });
  return to;
}

/** The same of planes that repeat themselves beyond their edges. */
export function cutOutWrapped(from: Planes, area: Area): Planes {
  const to = emptyPlanes(from.channels, heightOf(area), widthOf(area));
  const inside = (place: number, length: number): number => ((place % length) + length) % length;
  for (let y = 0; y < to.height;) {
    const top = inside(area.top + y, from.height);
    const height = Math.min(from.height - top, to.height - y);
    for (let x = 0; x < to.width;) {
      const left = inside(area.left + x, from.width);
      const width = Math.min(from.width - left, to.width - x);
      const source = { top, left, bottom: top + height, right: left + width };
      paste(from, source, to, { top: y, left: x, bottom: y + height, right: x + width });
      x += width;
    }
    y += height;
  }
  return to;
}

/** Copies an area of all channels to one of the same size. */
export function paste(from: Planes, source: Area, to: Planes, target: Area): void {
  const [height, width] = [heightOf(source), widthOf(source)];
  for (let channel = 0; channel < from.channels; channel++) {
    for (let y = 0; y < height; y++) {
      const start = (channel * from.height + source.top + y) * from.width + source.left;
      const row = from.data.subarray(start, start + width);
      to.data.set(row, (channel * to.height + target.top + y) * to.width + target.left);
    }
  }
}

/**
 * A smaller picture out of blocks of `block` x `block` pixels that stand as far apart as makes it fit into `size` blocks
 * along each side: unlike a scaled one, it has the variance of the large one.
 */
export function sampled(from: Planes, size: number, block = 1): Planes {
  const [rows, columns] = [from.height / block, from.width / block];
  const by = Math.max(1, Math.max(rows, columns) / size);
  const [height, width] = [Math.max(1, Math.floor(rows / by)), Math.max(1, Math.floor(columns / by))];
  const to = emptyPlanes(from.channels, height * block, width * block);
  for (let channel = 0; channel < from.channels; channel++) {
    for (let y = 0; y < to.height; y++) {
      const row = Math.floor(((Math.floor(y / block) + 0.5) * rows) / height) * block + (y % block);
      for (let x = 0; x < to.width; x++) {
        const column = Math.floor(((Math.floor(x / block) + 0.5) * columns) / width) * block + (x % block);
        to.data[(channel * to.height + y) * to.width + x] =
          from.data[(channel * from.height + row) * from.width + column]!;
      }
    }
  }
  return to;
}

export function heightOf({ top, bottom }: Area): number {
  return bottom - top;
}

export function widthOf({ left, right }: Area): number {
  return right - left;
}

export function scaled({ top, left, bottom, right }: Area, by: number): Area {
  return { top: top * by, left: left * by, bottom: bottom * by, right: right * by };
}

/** An area as seen from the corner of another. */
export function within({ top, left, bottom, right }: Area, { top: y, left: x }: Area): Area {
  return { top: top - y, left: left - x, bottom: bottom - y, right: right - x };
}

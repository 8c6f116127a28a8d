// What DINOv2 adds to each patch for its place (facebookresearch/dinov2, interpolate_pos_encoding): a square table, resized
// bicubically to the patches of the picture. Resizing is linear: a matrix for the rows and one for the columns.
import type { Value } from '../../graph/graph.ts';
import type { AnnotatorLayers, AnnotatorSize } from './annotator-layers.ts';

/** Added to the length that is wanted, so that rounding leaves no patch out. */
const OFFSET = 0.1;
/** torch's bicubic kernel. */
const CUBIC = -0.75;

/** Of the first token, [1, C], and of the patches, [height * width, C]. */
export function placeEmbedding(
  layers: AnnotatorLayers,
  name: string,
  channels: number,
  { height, width }: AnnotatorSize,
): { readonly first: Value; readonly others: Value } {
  const { graph } = layers;
  const [, count] = layers.shapeOf(name, 3) as [number, number, number];
  const side = Math.round(Math.sqrt(count - 1));
  if (side * side !== count - 1) throw new Error(`Its table of ${count - 1} places is no square.`);
  const stored = [1, count, channels];
  const first = layers.weight(name, [1, channels], stored);
  if (height === side && width === side)
    return { first, others: layers.weight(name, [count - 1, channels], stored, channels) };
  const table = layers.weight(name, [side, side * channels], stored, channels);
  const along = (rows: Value, wanted: number, other: number): Value => {
    const matrix = graph.constant(bicubicMatrix(side, wanted), [wanted, side]);
    const resized = graph.gemm(matrix, rows, null, { transposed: false });
    return graph.transpose(graph.reshape(resized, [wanted, other, channels]), [1, 0, 2]);
  };
  const byRows = graph.reshape(along(table, height, side), [side, height * channels]);
  const others = graph.reshape(along(byRows, width, height), [height * width, channels]);
  return { first, others };
}

/** Of each wanted place, how much those of the table count; edges go on. */
function bicubicMatrix(side: number, wanted: number): number[] {
  const scale = side / (wanted + OFFSET);
  return Array.from({ length: wanted }, (_, i) => {
    const row = new Array<number>(side).fill(0);
    const place = (i + 0.5) * scale - 0.5;
    for (let at = Math.floor(place) - 1; at <= Math.floor(place) + 2; at += 1)
      row[Math.min(side - 1, Math.max(0, at))]! += cubic(Math.abs(place - at));
    return row;
  }).flat();
}

function cubic(x: number): number {
  if (x <= 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
}

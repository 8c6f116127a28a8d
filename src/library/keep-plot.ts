// The pictures of a plot as one, with its legend, kept in the library beside them. For a worker.
import { ImageError } from '../image/errors.ts';
import { paste, crop } from '../image/paste.ts';
import { withoutAlpha, type PixelImage } from '../image/pixels.ts';
import { decodePng, encodePng, MAX_PIXELS } from '../image/png.ts';
import { resize } from '../image/resize.ts';
import { quote } from '../generation/request/infotext/quote.ts';
import { canvasMeasure, drawTexts } from '../plots/draw-legend.ts';
import { layoutLegend, type LegendLayout, type Measure } from '../plots/legend-layout.ts';
import type { LegendBlock, PlotGrid } from '../plots/plan.ts';
import { isSound, type ImageRecord } from './image-record.ts';
import { findImages, readPng, saveImage } from './images.ts';
import type { KeptGrid } from './keep-grid.ts';

/**
 * `ids`: of the pictures of its requests, in their order; those that are not there leave empty cells. The first that is kept is the
 * whole, layers come after it; none where no picture is there. Rejects with StorageFullError.
 */
export async function keepPlot(
  job: string,
  ids: readonly string[],
  grid: PlotGrid,
): Promise<readonly KeptGrid[]> {
  const records = new Map((await findImages(ids)).filter(isSound).map((image) => [image.id, image]));
  const cells = new Map<number, ImageRecord>();
  for (const [request, place] of grid.places.entries()) {
    const record = records.get(ids[request]!);
    if (record) cells.set(place, record);
  }
  const first = [...cells].sort(([a], [b]) => a - b)[0]?.[1];
  if (!first) return [];
  const { plan, scale } = planWithin([...cells.values()], grid);
  const whole = blankSheet(plan.whole.width, plan.whole.height);
  for (const [place, { id }] of cells) {
    const png = await readPng(id);
    if (!png) continue;
    const picture = withoutAlpha(await decodePng(new Uint8Array(await png.arrayBuffer())));
    const { width, height } = picture;
    const shown =
      scale === 1
        ? picture
        : resize(
            picture,
            Math.max(1, Math.floor(width * scale)),
            Math.max(1, Math.floor(height * scale)),
            'lanczos',
          );
    const { left, top } = plan.placeOf(place);
    paste(
      whole,
      shown,
      left + Math.floor((plan.cellWidth - shown.width) / 2),
      top + Math.floor((plan.cellHeight - shown.height) / 2),
    );
  }
  for (let layer = 0; layer < grid.layers; layer++) {
    const { left, top } = plan.layerAt(layer);
    drawTexts(
      whole,
      plan.layer.texts.map((text) => ({ ...text, x: text.x + left, y: text.y + top })),
    );
  }
  drawTexts(whole, plan.whole.texts);

  const keep = async (id: string, image: PixelImage, of: ImageRecord, fields: PlotGrid['fields']) => {
    const { seed, modelHash } = of;
    const parameters = withFields(of.parameters, fields);
    const { width, height } = image;
    const png = new Blob([await encodePng(image, { parameters })], { type: 'image/png' });
    const createdAt = Date.now();
    await saveImage({ id, createdAt, width, height, seed, modelHash, parameters, png });
    return { id, png, seed, createdAt, parameters };
  };
  const kept = [await keep(`${job}-grid`, whole, first, grid.fields)];
  const size = grid.columns * grid.rows;
  for (let layer = 0; grid.keepLayers && grid.layers > 1 && layer < grid.layers; layer++) {
    const own = [...cells]
      .filter(([place]) => Math.floor(place / size) === layer)
      .sort(([a], [b]) => a - b)[0];
    if (!own) continue;
    const { left, top } = plan.layerAt(layer);
    const image = crop(whole, left, top, plan.layer.width, plan.layer.height);
    kept.push(await keep(`${job}-grid-${layer}`, image, own[1], grid.layerFields));
  }
  return kept;
}

interface SheetPlan {
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Of one layer, and of all of them. */
  readonly layer: LegendLayout;
  readonly whole: LegendLayout;
  layerAt(layer: number): { readonly left: number; readonly top: number };
  placeOf(place: number): { readonly left: number; readonly top: number };
}

/** At full size, or smaller where that could not be opened again. */
function planWithin(
  records: readonly ImageRecord[],
  grid: PlotGrid,
): { readonly plan: SheetPlan; readonly scale: number } {
  const measure = grid.drawLegend ? canvasMeasure() : null;
  const widest = Math.max(...records.map(({ width }) => width));
  const highest = Math.max(...records.map(({ height }) => height));
  let scale = 1;
  for (;;) {
    const [width, height] = [Math.floor(widest * scale), Math.floor(highest * scale)];
    if (width < 1 || height < 1) throw new ImageError('The grid has too many cells to be one picture.');
    const plan = sheetPlan(width, height, grid, measure);
    const pixels = plan.whole.width * plan.whole.height;
    if (pixels <= MAX_PIXELS) return { plan, scale };
    scale *= Math.min(0.95, Math.sqrt(MAX_PIXELS / pixels));
  }
}

function sheetPlan(
  cellWidth: number,
  cellHeight: number,
  grid: PlotGrid,
  measure: Measure | null,
): SheetPlan {
  const { columns, rows, margin } = grid;
  const lay = (
    width: number,
    height: number,
    gap: number,
    over: readonly LegendBlock[],
    beside: readonly LegendBlock[],
  ) => {
    const said = (blocks: readonly LegendBlock[]) => (measure ? blocks : blocks.map(() => []));
    const request = {
      cellWidth: width,
      cellHeight: height,
      margin: gap,
      columnTexts: said(over),
      rowTexts: said(beside),
    };
    return layoutLegend(request, measure ?? (() => ({ width: 0, height: 0 })));
  };
  const layer = lay(cellWidth, cellHeight, margin, grid.columnTexts, grid.rowTexts);
  // A1111 lays the layers side by side, without a margin.
  const whole = lay(layer.width, layer.height, 0, grid.layerTexts, [[]]);
  const layerAt = (index: number) => ({ left: whole.left + index * layer.width, top: whole.top });
  return {
    ...{ cellWidth, cellHeight, layer, whole, layerAt },
    placeOf(place) {
      const at = layerAt(Math.floor(place / (columns * rows)));
      return {
        left: at.left + layer.left + (place % columns) * (cellWidth + margin),
        top: at.top + layer.top + (Math.floor(place / columns) % rows) * (cellHeight + margin),
      };
    },
  };
}

function blankSheet(width: number, height: number): PixelImage {
  return { width, height, channels: 3, data: new Uint8Array(3 * width * height).fill(255) };
}

/** A1111 writes them among the others: their order means nothing. */
function withFields(parameters: string, fields: PlotGrid['fields']): string {
  const told = Object.entries(fields).map(([key, value]) => `${key}: ${quote(value)}`);
  return told.length === 0 ? parameters : [parameters, ...told].join(', ');
}

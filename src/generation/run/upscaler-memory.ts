// How much of the GPU's memory an upscaler takes for the tiles of a picture.
import type { Size } from '../../image/picture-file.ts';
import type { StoredModel } from '../../library/types.ts';
import { architectureOf } from '../../models/upscalers/architectures.ts';
import { DEFAULT_IMAGE_SETTINGS } from '../request/settings/list.ts';
import type { SizedRequest } from '../request/request.ts';
import { upscalerTiles } from '../request/upscaler-tiles.ts';
import { needOf, NO_NEED, runOf, type Computing, type Need } from './run-memory.ts';

/** Of the one that takes the most: each is loaded for its pictures alone. */
export function upscalersNeed(
  files: readonly Pick<StoredModel, 'detection' | 'tensors'>[],
  request: SizedRequest,
  computing: Computing,
): Need {
  return files
    .map((file) => needOfFile(file, request, computing))
    .reduce((most, need) => (need.weights + need.peak > most.weights + most.peak ? need : most), NO_NEED);
}

function needOfFile(
  { detection, tensors }: Pick<StoredModel, 'detection' | 'tensors'>,
  request: SizedRequest,
  computing: Computing,
): Need {
  if (!detection.upscaler) return NO_NEED;
  const { half, network } = architectureOf(detection.upscaler.kind);
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const precision = computing.shaderF16 && half ? 'float16' : 'float32';
  const built = network({ shapeOf: (name) => shapes.get(name) }, precision);
  const { height, width } = tileOf(request, detection);
  const inputs = { image: new Float32Array(3 * height * width), height, width };
  return needOf(runOf('upscaler', built, inputs, computing, ['enlarged']));
}

/** Blended tiles have their whole size even where the picture is smaller. */
function tileOf(request: SizedRequest, detection: StoredModel['detection']): Size {
  const { settings = DEFAULT_IMAGE_SETTINGS, img2img } = request;
  const { tileSize } = upscalerTiles(settings, detection);
  if (tileSize > 0) return { width: tileSize, height: tileSize };
  return img2img?.source.size ?? { width: request.width, height: request.height };
}

// How much of the GPU's memory the control networks of a request take, which stay loaded beside the checkpoint.
import { isReference } from '../request/control-unit.ts';
import { largestCall } from '../../extensions/at-work.ts';
import { familyOf } from '../../families/families.ts';
import { controlsAmong, findControl } from '../../library/control-choice.ts';
import type { StoredModel } from '../../library/types.ts';
import { CONTROL_PREFIX, controlNetwork } from '../../models/control/control-net.ts';
import { controlSizes } from '../../models/control/file.ts';
import { unetName } from '../../models/control/shared-weights.ts';
import { ADAPTER_PREFIX, adapterNetwork, adapterSizes } from '../../models/control/t2i-adapter.ts';
import type { UNetConfig } from '../../models/types.ts';
import { pictureSize } from '../request/hires.ts';
import type { SizedRequest } from '../request/request.ts';
import { nameOfControl } from '../../runtime/network-names.ts';
import { needOf, runOf, type Computing, type Need } from './run-memory.ts';
import { adapterNeed, liteNeed } from './vision-memory.ts';

type Sized = Pick<StoredModel, 'detection' | 'tensors'>;

/** Of each control network that the request's units name, which is there and made for the checkpoint. */
export function controlNeeds(
  checkpoint: Sized,
  request: SizedRequest,
  models: readonly StoredModel[],
  computing: Computing,
): readonly Need[] {
  const { controlUnits = [] } = request;
  const { kind, networks } = checkpoint.detection;
  if (controlUnits.length === 0 || !networks) return [];
  const named = controlsAmong(models);
  const files = new Set(
    controlUnits.flatMap(({ module, model }) =>
      isReference(module) ? [] : (findControl(named, model)?.model ?? []),
    ),
  );
  return [...files]
    .filter(({ detection }) => detection.control?.family === familyOf(kind)?.id)
    .map((file) => needOfFile(file, checkpoint, networks.unet, request, computing));
}

function needOfFile(
  file: Sized & Pick<StoredModel, 'name'>,
  checkpoint: Sized,
  unet: UNetConfig,
  request: SizedRequest,
  computing: Computing,
): Need {
  const precision = computing.shaderF16 ? 'float16' : 'float32';
  const { kind, controlTypes } = file.detection.control!;
  if (kind === 'ip-adapter') return adapterNeed(file, computing);
  if (kind === 'lllite') return liteNeed(file, computing);
  const picture = pictureSize(request);
  const pass = request.hires ? 'second' : 'first';
  const items = 2 * request.batchSize;
  // Tiles are shown different parts of the map: one is asked for at a time.
  const { width, height } = largestCall(
    request.extensions ?? [],
    { ...picture, family: familyOf(checkpoint.detection.kind)!.id, pass },
    { ...picture, items },
  );
  const [own, base] = [catalogOf(file), catalogOf(checkpoint)];
  if (kind === 't2i-adapter') {
    const sizes = adapterSizes((name) => own.shapeOf(ADAPTER_PREFIX + name))!;
    const adapter = adapterNetwork(sizes, own, precision);
    const shown = { picture: new Float32Array(3 * height * width), height, width };
    return needOf(runOf(nameOfControl(file.name), adapter, shown, computing, adapter.outputs));
  }
  const shared = kind === 'control-lora';
  const sizes = shared ? unet : controlSizes(file.tensors, CONTROL_PREFIX);
  const config = { ...sizes, contextDim: sizes.contextDim || unet.contextDim, heads: unet.heads };
  const shapeOf = (name: string) => own.shapeOf(name) ?? base.shapeOf(unetName(name));
  const catalog = shared ? { shapeOf } : own;
  const network = controlNetwork(config, catalog, precision, { controlTypes });
  const [h, w, batch, tokens] = [height / 8, width / 8, items, 77];
  const run = {
    ...{ x: new Float32Array(batch * config.inChannels * h * w), batch, height: h, width: w, tokens },
    ...{ timesteps: new Array<number>(batch).fill(0), hint: new Float32Array(3 * height * width) },
    context: new Float32Array(batch * tokens * config.contextDim),
    ...(config.vectorDim !== null && { vector: new Float32Array(batch * config.vectorDim) }),
  };
  return needOf(runOf(nameOfControl(file.name), network, run, computing, network.outputs));
}

function catalogOf({ tensors }: Sized) {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  return { shapeOf: (name: string) => shapes.get(name) };
}

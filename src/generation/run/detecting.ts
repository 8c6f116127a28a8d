// Detectors at work on the engine's device: each is loaded beside what is loaded, for one picture, and goes again; where there is room
// for one network at a time, the others go first.
import { yoloDetector } from '../../finishing/detection/yolo.ts';
import type { Find } from '../../finishing/detection/find.ts';
import type { PixelImage } from '../../image/pixels.ts';
import { detectorsAmong, findDetector } from '../../library/detector-choice.ts';
import { faceFilesAmong } from '../../library/face-choice.ts';
import { listModels } from '../../library/models.ts';
import type { StoredModel } from '../../library/types.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import { LoadedDetector } from '../../runtime/loaded-detector.ts';
import { FACES } from '../request/detailer.ts';
import type { SizedRequest } from '../request/request.ts';
import type { NetworkMeans } from './network-means.ts';

export class Detecting {
  constructor(private readonly means: NetworkMeans) {}

  async find(name: string, picture: PixelImage, confidence: number): Promise<readonly Find[]> {
    const found = findDetector(detectorsAmong(await listModels()), name);
    if (!found) throw new BadParametersError(notThere(name));
    const { device, makeWay, onEvent } = this.means;
    const on = await device();
    await makeWay();
    const network = await LoadedDetector.open(found.model, on, onEvent);
    try {
      const { sizes, classes, size } = network;
      const run: LoadedDetector['run'] = (inputs) => network.run(inputs);
      return await yoloDetector({ sizes, classes, size, run }).detect(picture, confidence);
    } finally {
      // What has failed says more than that memory cannot be given back.
      await network.release().catch(() => undefined);
    }
  }
}

/** What is said where a request names a detector that is not in the library; null where all are. */
export function missingDetector({ detailer }: SizedRequest, models: readonly StoredModel[]): string | null {
  const detectors = detectorsAmong(models);
  const there = (model: string): boolean =>
    model === FACES ? faceFilesAmong(models).detector !== null : findDetector(detectors, model) !== null;
  const missing = detailer?.tabs.find(({ model }) => !there(model));
  return missing ? notThere(missing.model) : null;
}

function notThere(name: string): string {
  return (
    `The detector "${name}" is not in the library. Import its file (a YOLOv8 .pt or .safetensors), or choose another ` +
    'under Detailer.'
  );
}

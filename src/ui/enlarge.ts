// A1111's button with the stars below a picture: it goes through the second pass of Hires. fix, as it is, with the parameters that it
// was made with and what Hires. fix is set to. Loaded when first used.
import {
  DEFAULT_PARAMETERS,
  type GenerationParameters,
  type Refiner,
} from '../generation/request/request.ts';
import { sourcePicture } from '../generation/request/source-picture.ts';
import { Failure } from './failure.ts';
import { hiresOf, type HiresChoice } from './passes-choice.ts';
import { keepingOwn, readParameters } from './read-parameters.ts';
import { passes as t } from './strings/passes.ts';

/** A latent's cell. */
const CELL = 8;

export interface Enlarging {
  readonly request: GenerationParameters;
  /** Of the checkpoint, as the picture's text has them. */
  readonly modelHash: string | null;
  readonly modelName: string | null;
}

/** `text`: the picture's. `own`: what the page has where a text says nothing. @throws Failure where its size does not do. */
export async function enlarging(
  file: Blob,
  text: string,
  own: GenerationParameters,
  hires: HiresChoice,
  refiner: Refiner | null,
): Promise<Enlarging> {
  const firstPass = await sourcePicture(file);
  const { parameters, modelHash, modelName } = readParameters(text);
  const { width, height } = firstPass.size ?? { width: own.width, height: own.height };
  if (width % CELL !== 0 || height % CELL !== 0) throw new Failure('bad-file', t.notMultiple(width, height));
  return {
    request: {
      ...DEFAULT_PARAMETERS,
      settings: own.settings,
      ...keepingOwn(parameters, own),
      ...{ width, height, batchSize: 1, batchCount: 1 },
      img2img: null,
      hires: hiresOf({ ...hires, on: true }, firstPass),
      refiner,
    },
    modelHash,
    modelName,
  };
}

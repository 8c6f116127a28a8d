// Networks for faces of the library in onnxruntime: what finds faces, what restores them, what says of which parts they are made.
import type { Precision } from '../graph/types.ts';
import type { PixelImage } from '../image/pixels.ts';
import type { Planes } from '../image/tiles.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import type { PictureInputs, RestorerInputs } from '../models/faces/architecture.ts';
import { faceArchitectureOf } from '../models/faces/architectures.ts';
import { codeFormerNetwork } from '../models/faces/codeformer.ts';
import { gfpganNetwork } from '../models/faces/gfpgan.ts';
import type { FaceRole } from '../models/faces/kinds.ts';
import { FACE_ROLES } from '../models/faces/kinds.ts';
import { parseNetNetwork } from '../models/faces/parse-net.ts';
import { facesIn, type FoundFace } from '../models/faces/retina-face-boxes.ts';
import { detectorInput, retinaFaceNetwork } from '../models/faces/retina-face.ts';
import type { Network } from '../models/network.ts';
import { TorchGenerator } from '../sampling/random/torch-generator.ts';
import type { NetworkEvent } from './network-event.ts';
import type { Executor } from './executor.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

/** What each of them is opened with. `shaderF16`: whether the device computes in float16. */
type Opening = readonly [
  file: StoredModel,
  executor: Executor,
  shaderF16: boolean,
  onEvent: (event: NetworkEvent) => void,
];

/** A file's network, in the forms in which it is called. */
class FaceWeights {
  readonly #sessions: Sessions;

  private constructor(
    readonly file: StoredModel,
    private readonly weights: StoredWeights,
    executor: Executor,
    onEvent: (event: NetworkEvent) => void,
    private precision: Precision,
  ) {
    this.#sessions = new Sessions(executor, onEvent);
  }

  static async open(role: FaceRole, ...[file, executor, shaderF16, onEvent]: Opening): Promise<FaceWeights> {
    const { face } = file.detection;
    if (!face || FACE_ROLES[face.kind] !== role) throw new Error(`"${file.name}" is no ${role}.`);
    const half = shaderF16 && executor.backend === 'webgpu' && faceArchitectureOf(face.kind).half;
    const weights = new StoredWeights(file, await getChunks(file));
    return new FaceWeights(file, weights, executor, onEvent, half ? 'float16' : 'float32');
  }

  /** Outputs of the network called `name`. What float16 cannot hold is computed again in float32. */
  async run<I>(
    name: string,
    build: (weights: StoredWeights, precision: Precision) => Network<I>,
    inputs: I,
    outputs: readonly string[],
  ): Promise<Float32Array[]> {
    const { precision, weights } = this;
    const session = await this.#sessions.open(name, weights, () => build(weights, precision));
    const results = await session.runAll(inputs, outputs);
    if (precision === 'float32' || results.every((list) => list.every(Number.isFinite))) return results;
    await this.release();
    this.precision = 'float32';
    return this.run(name, build, inputs, outputs);
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }
}

export class LoadedFaceDetector {
  private constructor(private readonly weights: FaceWeights) {}

  static async open(...opening: Opening): Promise<LoadedFaceDetector> {
    return new LoadedFaceDetector(await FaceWeights.open('face-detector', ...opening));
  }

  /** In the picture's pixels, the surest first. */
  async detect(picture: PixelImage): Promise<readonly FoundFace[]> {
    const outputs = ['loc', 'conf', 'landms'];
    const [loc, conf, landms] = await this.weights.run<PictureInputs>(
      'face detector',
      retinaFaceNetwork,
      detectorInput(picture),
      outputs,
    );
    return facesIn({ loc: loc!, conf: conf!, landms: landms! }, picture);
  }

  async release(): Promise<void> {
    await this.weights.release();
  }
}

/** GFPGAN draws with noise: the same for every face here, so that a picture comes out the same again. A1111 draws it anew. */
const NOISE_SEED = 0;

export class LoadedFaceRestorer {
  private constructor(private readonly weights: FaceWeights) {}

  static async open(...opening: Opening): Promise<LoadedFaceRestorer> {
    return new LoadedFaceRestorer(await FaceWeights.open('face-restorer', ...opening));
  }

  /** An aligned face, [3, side, side], red, green, blue, -1..1 -> the same. `weight`: CodeFormer's, 0..1; GFPGAN heeds none. */
  async restore({ data, ...size }: Planes, weight: number): Promise<Planes> {
    const { file } = this.weights;
    const { kind, side } = file.detection.face!;
    if (side !== null && side !== size.width)
      throw new Error(
        `${file.name} restores faces of ${side}x${side} pixels, and not of ${size.width}x${size.height}.`,
      );
    const generator = new TorchGenerator(NOISE_SEED);
    const inputs: RestorerInputs = { image: data, normal: (count) => generator.randn(count), weight };
    // Without any weight CodeFormer leaves layers out.
    const fuses = weight > 0;
    const [restored] = await (kind === 'gfpgan'
      ? this.weights.run('face restorer', gfpganNetwork, inputs, ['restored'])
      : this.weights.run(
          fuses ? 'face restorer' : 'face restorer without weight',
          (weights, precision) => codeFormerNetwork(weights, precision, { fuses }),
          inputs,
          ['restored'],
        ));
    return { ...size, data: restored! };
  }

  async release(): Promise<void> {
    await this.weights.release();
  }
}

export class LoadedFaceParser {
  private constructor(private readonly weights: FaceWeights) {}

  static async open(...opening: Opening): Promise<LoadedFaceParser> {
    return new LoadedFaceParser(await FaceWeights.open('face-parser', ...opening));
  }

  /** [3, height, width], red, green, blue, -1..1 -> the label of every pixel. */
  async parse({ data, height, width }: Planes): Promise<Uint8Array> {
    const inputs = { image: data, height, width };
    const [labels] = await this.weights.run<PictureInputs>('face parser', parseNetNetwork, inputs, [
      'labels',
    ]);
    return Uint8Array.from(labels!);
  }

  async release(): Promise<void> {
    await this.weights.release();
  }
}

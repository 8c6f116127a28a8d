// Networks for faces of the library: what finds faces, what restores them, what says of which parts they are made.
import type { PixelImage } from '../image/pixels.ts';
import type { Planes } from '../image/tiles.ts';
import type { PictureInputs, RestorerInputs } from '../models/faces/architecture.ts';
import { faceArchitectureOf } from '../models/faces/architectures.ts';
import { codeFormerNetwork } from '../models/faces/codeformer.ts';
import { gfpganNetwork } from '../models/faces/gfpgan.ts';
import type { FaceRole } from '../models/faces/kinds.ts';
import { FACE_ROLES } from '../models/faces/kinds.ts';
import { parseNetNetwork } from '../models/faces/parse-net.ts';
import { facesIn, type FoundFace } from '../models/faces/retina-face-boxes.ts';
import { detectorInput, retinaFaceNetwork } from '../models/faces/retina-face.ts';
import { FileNetwork, type Opening } from './file-network.ts';
import { TorchGenerator } from '../sampling/random/torch-generator.ts';

async function openFor(role: FaceRole, ...opening: Opening): Promise<FileNetwork> {
  const [file] = opening;
  const { face } = file.detection;
  if (!face || FACE_ROLES[face.kind] !== role) throw new Error(`"${file.name}" is no ${role}.`);
  return FileNetwork.open(faceArchitectureOf(face.kind).half, ...opening);
}

export class LoadedFaceDetector {
  private constructor(private readonly network: FileNetwork) {}

  static async open(...opening: Opening): Promise<LoadedFaceDetector> {
    return new LoadedFaceDetector(await openFor('face-detector', ...opening));
  }

  /** In the picture's pixels, the surest first. */
  async detect(picture: PixelImage): Promise<readonly FoundFace[]> {
    const outputs = ['loc', 'conf', 'landms'];
    const [loc, conf, landms] = await this.network.run<PictureInputs>(
      'face detector',
      retinaFaceNetwork,
      detectorInput(picture),
      outputs,
    );
    return facesIn({ loc: loc!, conf: conf!, landms: landms! }, picture);
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}

/** GFPGAN draws with noise: the same for every face here, so that a picture comes out the same again. A1111 draws it anew. */
const NOISE_SEED = 0;

export class LoadedFaceRestorer {
  private constructor(private readonly network: FileNetwork) {}

  static async open(...opening: Opening): Promise<LoadedFaceRestorer> {
    return new LoadedFaceRestorer(await openFor('face-restorer', ...opening));
  }

  /** An aligned face, [3, side, side], red, green, blue, -1..1 -> the same. `weight`: CodeFormer's, 0..1; GFPGAN heeds none. */
  async restore({ data, ...size }: Planes, weight: number): Promise<Planes> {
    const { file } = this.network;
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
      ? this.network.run('face restorer', gfpganNetwork, inputs, ['restored'])
      : this.network.run(
          fuses ? 'face restorer' : 'face restorer without weight',
          (weights, precision) => codeFormerNetwork(weights, precision, { fuses }),
          inputs,
          ['restored'],
        ));
    return { ...size, data: restored! };
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}

export class LoadedFaceParser {
  private constructor(private readonly network: FileNetwork) {}

  static async open(...opening: Opening): Promise<LoadedFaceParser> {
    return new LoadedFaceParser(await openFor('face-parser', ...opening));
  }

  /** [3, height, width], red, green, blue, -1..1 -> the label of every pixel. */
  async parse({ data, height, width }: Planes): Promise<Uint8Array> {
    const inputs = { image: data, height, width };
    const [labels] = await this.network.run<PictureInputs>('face parser', parseNetNetwork, inputs, [
      'labels',
    ]);
    return Uint8Array.from(labels!);
  }

  async release(): Promise<void> {
    await this.network.release();
  }
}

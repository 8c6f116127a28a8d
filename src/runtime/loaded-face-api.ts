// face-api of the library, with its two networks: finds faces, and points in each.
import { Graph } from '../graph/graph.ts';
import type { PixelImage } from '../image/pixels.ts';
import { getChunks } from '../library/models.ts';
import type { StoredModel } from '../library/types.ts';
import { faceApiFaces, type FoundFace } from '../models/faces/face-api-faces.ts';
import { landmarkNetwork } from '../models/faces/landmark-net.ts';
import { ssdMobilenetNetwork, type SquareInputs } from '../models/faces/ssd-mobilenet.ts';
import type { NetworkEvent } from './network-event.ts';
import type { Device } from './executor.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { StoredWeights } from './weights.ts';

export class LoadedFaceApi {
  readonly #sessions: Sessions;

  private constructor(
    private readonly weights: StoredWeights,
    { executor, kernels }: Device,
    onEvent: (event: NetworkEvent) => void,
  ) {
    this.#sessions = new Sessions(executor, onEvent, kernels);
  }

  static async open(
    file: StoredModel,
    device: Device,
    onEvent: (event: NetworkEvent) => void,
  ): Promise<LoadedFaceApi> {
    if (file.detection.face?.kind !== 'ssd-mobilenet') throw new Error(`"${file.name}" finds no faces.`);
    const loaded = new LoadedFaceApi(new StoredWeights(file, await getChunks(file)), device, onEvent);
    await loaded.#detector();
    await loaded.#landmarks();
    return loaded;
  }

  /** Faces in the picture's own pixels, those that it is surest of first. */
  async detect(picture: PixelImage): Promise<readonly FoundFace[]> {
    return faceApiFaces(picture, {
      detect: async (square) => {
        const [boxes, scores] = await (await this.#detector()).runAll(square, ['boxes', 'scores']);
        return { boxes: boxes!, scores: scores! };
      },
      landmarks: async (square) => (await this.#landmarks()).run(square),
    });
  }

  async release(): Promise<void> {
    await this.#sessions.release();
  }

  #detector(): Promise<Session<SquareInputs>> {
    return this.#sessions.open('face detector', this.weights, () =>
      ssdMobilenetNetwork(this.weights, new Graph('float32')),
    );
  }

  #landmarks(): Promise<Session<SquareInputs>> {
    return this.#sessions.open('face landmarks', this.weights, () =>
      landmarkNetwork(this.weights, new Graph('float32')),
    );
  }
}

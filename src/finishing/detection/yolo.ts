// A picture through a YOLOv8 network: letterboxed, looked at, and what was found brought back to the picture's own pixels.
import type { PixelImage } from '../../image/pixels.ts';
import type { Detector, Find } from './find.ts';
import { boxInPicture, letterboxed, letterboxOf, networkInput } from './letterbox.ts';
import { decodeCells, keptBoxes, OVERLAP, type YoloSizes } from './yolo-boxes.ts';
import { maskInPicture, maskOf } from './yolo-masks.ts';

/** [3, height, width], 0..1; sides are multiples of 32. */
export interface YoloInputs {
  readonly image: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** What the network gives: [4 bins + classes + masks, cells], and [masks, height / 4, width / 4]. */
export interface YoloResult {
  readonly cells: Float32Array;
  /** [masks, height / 4, width / 4]; null of networks without masks. */
  readonly prototypes: Float32Array | null;
}

export interface Yolo {
  /** Names of what it finds. */
  readonly classes: readonly string[];
  /** Pixels of the longer side that pictures are brought to. */
  readonly size: number;
  readonly sizes: YoloSizes;
  run(inputs: YoloInputs): Promise<YoloResult>;
}

export function yoloDetector(network: Yolo): Detector {
  return { detect: (picture, confidence) => detect(network, picture, confidence) };
}

export async function detect(
  { sizes, size, classes, run }: Yolo,
  picture: PixelImage,
  confidence: number,
  overlap = OVERLAP,
): Promise<Find[]> {
  const seen = letterboxOf(picture, size);
  const { width, height } = seen;
  const image = networkInput(letterboxed(picture, seen));
  const { cells, prototypes } = await run({ image, width, height });
  const decoded = decodeCells(cells, sizes, width, height);
  const planes = prototypes && {
    data: prototypes,
    channels: sizes.masks,
    height: height / 4,
    width: width / 4,
  };
  return keptBoxes(decoded, sizes.classes, confidence, overlap).map(({ box, score, class: kind, cell }) => {
    const mixture = Array.from(
      { length: sizes.masks },
      (_, k) => decoded.mixtures[k * decoded.count + cell]!,
    );
    return {
      box: boxInPicture(box, seen, picture),
      confidence: score,
      name: classes[kind] ?? `class ${kind}`,
      ...(planes && {
        mask: () => maskInPicture(maskOf(planes, mixture, box), picture.width, picture.height),
      }),
    };
  });
}

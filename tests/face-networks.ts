// Networks for faces of the reference data on onnxruntime's CPU, as faces are restored with them. Tests only.
import type { FaceNetworks } from '../src/finishing/faces/restore-faces.ts';
import { codeFormerNetwork } from '../src/models/faces/codeformer.ts';
import { parseNetNetwork } from '../src/models/faces/parse-net.ts';
import { detectorInput, retinaFaceNetwork } from '../src/models/faces/retina-face.ts';
import { facesIn } from '../src/models/faces/retina-face-boxes.ts';
import { faceCases } from './faces.ts';
import { openNodeSession } from './ort-node.ts';
import { loadNetwork } from './reference-networks.ts';

/** RetinaFace, CodeFormer and ParseNet, small and with random weights; null where one of them is not there. */
export async function goldenFaceNetworks(weight: number): Promise<FaceNetworks | null> {
  const [[detector], [restorer], [parser]] = await Promise.all([
    faceCases('retina-face'),
    faceCases('codeformer'),
    faceCases('parse-net'),
  ]);
  if (!detector || !restorer || !parser) return null;
  const [find, restore, parse] = await Promise.all(
    [detector, restorer, parser].map((one) => loadNetwork(one)),
  );
  const finding = await openNodeSession(retinaFaceNetwork(find!.catalog, 'float32'), find!.readWeight);
  const fuses = weight > 0;
  const restoring = await openNodeSession(
    codeFormerNetwork(restore!.catalog, 'float32', { fuses }),
    restore!.readWeight,
  );
  const parsing = await openNodeSession(parseNetNetwork(parse!.catalog, 'float32'), parse!.readWeight);
  return {
    detector: {
      async detect(picture) {
        const { loc, conf, landms } = await finding.run(detectorInput(picture));
        return facesIn({ loc: loc!.data, conf: conf!.data, landms: landms!.data }, picture);
      },
    },
    restorer: {
      async restore({ data, ...size }) {
        const { restored } = await restoring.run({ image: data, normal: (n) => new Float32Array(n), weight });
        return { ...size, data: restored!.data };
      },
    },
    parser: {
      async parse({ data, height, width }) {
        const { labels } = await parsing.run({ image: data, height, width });
        return Uint8Array.from(labels!.data);
      },
    },
  };
}

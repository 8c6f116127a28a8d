// face-api (Vincent Mühler, Vladimir Mandic): what finds faces, and what finds points in them, in one file of the box.
import { Graph } from '../../graph/graph.ts';
import type { FaceArchitecture } from './architecture.ts';
import { LANDMARKS_SIDE, landmarkNetwork } from './landmark-net.ts';
import { DETECTOR_SIDE, ssdMobilenetNetwork } from './ssd-mobilenet.ts';

export const SSD_MOBILENET: FaceArchitecture = {
  kind: 'ssd-mobilenet',
  name: 'SSD MobileNet',
  // Sums of bytes go beyond it.
  half: false,
  integers: true,
  layers: /^(detector\.(conv|block|extra|head)\d+|landmarks\.(block\d+|fc))\./,

  recognise(weights) {
    const known = ['detector.conv0.minus_zero', 'detector.head0.class.weight', 'landmarks.fc.weight'];
    if (known.some((name) => weights.shapeOf(name) === undefined)) return null;
    return { kind: 'ssd-mobilenet', side: DETECTOR_SIDE };
  },

  trial(weights, precision) {
    const graph = new Graph(precision);
    const blank = (side: number) => ({ image: new Float32Array(3 * side * side) });
    const detector = ssdMobilenetNetwork(weights, graph).feeds(blank(DETECTOR_SIDE));
    const landmarks = landmarkNetwork(weights, graph).feeds(blank(LANDMARKS_SIDE));
    return { graph, feeds: { ...detector, ...landmarks } };
  },
};

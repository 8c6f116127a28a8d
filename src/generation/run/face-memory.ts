// How much of the GPU's memory the networks for faces take.
import { detectionSize } from '../../finishing/faces/align.ts';
import { FACE_SIZE } from '../../finishing/faces/face.ts';
import { restoringFiles } from '../../library/face-needs.ts';
import type { StoredModel } from '../../library/types.ts';
import { faceArchitectureOf } from '../../models/faces/architectures.ts';
import { pictureSize } from '../request/hires.ts';
import type { SizedRequest } from '../request/request.ts';
import { needOf, NO_NEED, runOfGraph, type Computing, type Need } from './run-memory.ts';

/** Their networks are there together, and run one after the other. Nothing where faces are left as they are. */
export function facesNeed(request: SizedRequest, models: readonly StoredModel[], computing: Computing): Need {
  const { settings } = request;
  if (!settings?.faceRestoration) return NO_NEED;
  const files = restoringFiles(models, settings.faceRestorationModel);
  if (!files) return NO_NEED;
  const square = { width: FACE_SIZE, height: FACE_SIZE };
  const runs = [
    needOfFile(files.detector, 'face detector', detectionSize(pictureSize(request)), computing),
    needOfFile(files.restorer, 'face restorer', square, computing),
    files.parser ? needOfFile(files.parser, 'face parser', square, computing) : NO_NEED,
  ];
  return {
    weights: runs.reduce((sum, { weights }) => sum + weights, 0),
    peak: Math.max(...runs.map(({ peak }) => peak)),
    largest: Math.max(...runs.map(({ largest }) => largest)),
  };
}

function needOfFile(
  { detection, tensors }: Pick<StoredModel, 'detection' | 'tensors'>,
  what: string,
  size: { readonly width: number; readonly height: number },
  computing: Computing,
): Need {
  if (!detection.face) return NO_NEED;
  const { half, trial } = faceArchitectureOf(detection.face.kind);
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const precision = computing.shaderF16 && half ? 'float16' : 'float32';
  const { graph, feeds } = trial({ shapeOf: (name) => shapes.get(name) }, precision, size);
  return needOf(
    runOfGraph(
      what,
      graph,
      feeds,
      computing,
      graph.outputs.map(({ name }) => name),
    ),
  );
}

// Makes what a model's measurements need: its file, its inputs as PyTorch reads them, the count of its work.
import { join } from 'node:path';
import { product } from '../../src/graph/shapes.ts';
import { openWeights } from '../checkpoint-weights.ts';
import { casesOf } from '../full-size-cases.ts';
import { pytorchSizes } from '../pytorch.ts';
import { writeFloats, writeJson } from './files.ts';
import { flopsOf } from './flops.ts';
import { STAND_INS, writeStandIn, type StandInName } from './stand-ins.ts';
import { MEASURED, type MeasuredName, type Prepared, type PrepareOptions } from './types.ts';

export async function prepare({ model, make, folder, out }: PrepareOptions): Promise<void> {
  if (make) await writeStandIn(STAND_INS[model.name as StandInName], model.file);
  const weights = await openWeights(model.file);
  const { detection } = weights;
  const networks = casesOf(weights, [model.size], model.batch).flatMap((item) => {
    if (!isMeasured(item.network)) return [];
    const { graph, feeds } = item.build('float16');
    const inputs = Object.entries(item.tensors).map(([name, { data, shape }]) => {
      const path = join(folder, `${model.name}-${item.network}-${name}.input`);
      writeFloats(path, data);
      return [name, { path, shape }] as const;
    });
    return {
      ...{ model: model.name, network: item.network, what: item.what, flops: flopsOf(graph, feeds()) },
      weightBytes: graph.weights.reduce((sum, { shape }) => sum + 2 * product(shape), 0),
      inputs: Object.fromEntries(inputs),
      pytorch: pytorchSizes(detection.networks!, item.network),
    };
  });
  const prepared: Prepared = { label: make ? model.label : detection.label, networks };
  writeJson(out, prepared);
}

function isMeasured(name: string): name is MeasuredName {
  return MEASURED.some((known) => known === name);
}

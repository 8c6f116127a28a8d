// Networks that are held as the engine holds them, on onnxruntime's CPU. Tests only.
import type { Precision, WeightRef } from '../src/graph/types.ts';
import type { Network } from '../src/models/network.ts';
import { Residents } from '../src/runtime/residents.ts';
import type { ModelWeights, NetworkSession } from '../src/runtime/session.ts';
import type { Sessions } from '../src/runtime/sessions.ts';
import { openNodeSession } from './ort-node.ts';

/** Their weights are read by `read`, whatever they are said to be. */
export function nodeSessions(
  read: (ref: WeightRef, precision: Precision) => Promise<Uint8Array>,
): Pick<Sessions, 'open' | 'release'> {
  const residents = new Residents();
  return {
    open: <I>(what: string, _: ModelWeights, build: () => Network<I>): Promise<NetworkSession<I>> =>
      residents.get(what, async () => {
        const session = await openNodeSession(build(), read);
        const runAll = async (inputs: I, outputs: readonly string[]) => {
          const results = await session.run(inputs, outputs);
          return outputs.map((output) => results[output]!.data);
        };
        const run = async (inputs: I, output?: string) =>
          output === undefined
            ? Object.values(await session.run(inputs))[0]!.data
            : (await runAll(inputs, [output]))[0]!;
        return { run, runAll, release: () => session.release() } as unknown as NetworkSession<I>;
      }),
    release: (...names: string[]) => residents.release(...names),
  };
}

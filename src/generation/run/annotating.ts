// Networks of the library that make control maps, at work on the engine's device: each is loaded beside what is loaded, for one picture,
// and goes again; where there is room for one network at a time, the others go first.
import type { RunAnnotator } from '../../control/preprocessors/annotators.ts';
import { findPreprocessor } from '../../control/preprocessors/table.ts';
import { annotatorFor, publishedFile } from '../../library/annotator-choice.ts';
import { listModels } from '../../library/models.ts';
import type { WantedAnnotator } from '../../models/annotators/kinds.ts';
import { BadParametersError, InterruptedError } from '../../runtime/errors.ts';
import { LoadedAnnotator } from '../../runtime/loaded-annotator.ts';
import { turn } from '../../runtime/turn.ts';
import type { NetworkMeans } from './network-means.ts';

export class Annotating {
  constructor(private readonly means: NetworkMeans) {}

  /** `stopped`: asked before each picture; the work then ends with InterruptedError. */
  by(stopped: () => boolean): RunAnnotator {
    return async (wanted, image, outputs) => {
      await turn();
      if (stopped()) throw new InterruptedError();
      const file = annotatorFor(await listModels(), wanted);
      if (!file) throw new BadParametersError(notThere(wanted));
      const { device, makeWay, onEvent } = this.means;
      const on = await device();
      await makeWay();
      const network = await LoadedAnnotator.open(file, on, onEvent);
      try {
        return await network.run(image, outputs);
      } finally {
        // What has failed says more than that memory cannot be given back.
        await network.release().catch(() => undefined);
      }
    };
  }
}

function notThere(wanted: WantedAnnotator): string {
  const label = findPreprocessor(wanted.preprocessor)?.label ?? wanted.preprocessor;
  return (
    `The network of the preprocessor "${label}" is not in the library. Import its file (${publishedFile(wanted)}), or choose ` +
    'another preprocessor.'
  );
}

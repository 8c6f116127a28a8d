// IP-Adapters of the library at work on the engine's device: CLIP is loaded for as long as it looks, then the adapter's projection; where
// there is room for one network at a time, the others go first. What came of the last pictures is kept: CLIP is large, and units stay.
import type { Planes } from '../../image/tiles.ts';
import { getModel, listModels } from '../../library/models.ts';
import { publishedVision, visionFor, visionOf } from '../../library/vision-choice.ts';
import { BadParametersError, InterruptedError, ModelMissingError } from '../../runtime/errors.ts';
import { projected, seenBy } from '../../runtime/loaded-adapter.ts';
import { turn } from '../../runtime/turn.ts';
import { meanOf, type ImageTokens, type LookAt } from '../recipes/image-units.ts';
import type { NetworkMeans } from './network-means.ts';

/** How many units' tokens are kept. */
const KEPT = 8;

interface Looked {
  readonly adapter: string;
  readonly tower: string;
  readonly pictures: readonly Planes[];
  readonly tokens: ImageTokens;
}

export class Looking {
  /** The latest first. */
  #known: readonly Looked[] = [];

  constructor(private readonly means: NetworkMeans) {}

  /** `stopped`: asked before each unit; the work then ends with InterruptedError. */
  by(stopped: () => boolean): LookAt {
    return async (adapter, pictures) => {
      await turn();
      if (stopped()) throw new InterruptedError();
      const file = await getModel(adapter.sha256);
      const wanted = file && visionOf(file);
      if (!file || !wanted)
        throw new ModelMissingError(`The IP-Adapter "${adapter.name}" is no longer in the library.`);
      const tower = visionFor(await listModels(), wanted);
      if (!tower) {
        throw new BadParametersError(
          `The IP-Adapter "${adapter.name}" looks at pictures through a vision encoder that is not in the library. Import its file (${publishedVision(wanted)}).`,
        );
      }
      const known = this.#known.find(
        (one) =>
          one.adapter === file.sha256 && one.tower === tower.sha256 && areAlike(one.pictures, pictures),
      );
      if (known) return known.tokens;
      const { device, makeWay, onEvent } = this.means;
      const on = await device();
      await makeWay();
      // What is guided away from is no picture: nothing at all, or what CLIP sees of nothing.
      const nothing = pictures
        .slice(0, 1)
        .map((one) => ({ ...one, data: new Float32Array(one.data.length) }));
      const asked = wanted.output === 'states' ? [...pictures, ...nothing] : pictures;
      const seen = await seenBy(asked, wanted, tower, on, onEvent);
      const blank = wanted.output === 'states' ? [] : [new Float32Array(wanted.width)];
      const { tokens, contextDim } = await projected([...seen, ...blank], file, on, onEvent);
      const positive = meanOf(tokens.slice(0, -1));
      const made = { positive, negative: tokens.at(-1)!, count: positive.length / contextDim };
      const looked = { adapter: file.sha256, tower: tower.sha256, pictures, tokens: made };
      this.#known = [looked, ...this.#known].slice(0, KEPT);
      return made;
    };
  }
}

function areAlike(some: readonly Planes[], others: readonly Planes[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ data }, i) => data.every((value, at) => value === others[i]!.data[at]))
  );
}

// The control networks that a request's units name, found in the library.
import { controlsAmong, findControl } from '../../library/control-choice.ts';
import { stemOf } from '../../library/named-files.ts';
import type { StoredModel } from '../../library/types.ts';
import type { LoadOptions } from '../../runtime/load-options.ts';
import { CONTROL_FAMILY_NAMES } from '../../models/control/kinds.ts';
import { BadParametersError } from '../../runtime/errors.ts';
import { familyOf } from '../../families/families.ts';
import type { FoundNetwork } from '../recipes/control-units.ts';
import { isReference, NO_MODEL } from '../request/control-unit.ts';
import type { GenerationParameters } from '../request/request.ts';

export class ControlFiles {
  readonly #named: ReadonlyMap<string, StoredModel>;
  readonly #units: GenerationParameters['controlUnits'];

  /** Throws BadParametersError where a unit names what is not there, or what is made for other models than `checkpoint`. */
  constructor(
    { controlUnits }: Pick<GenerationParameters, 'controlUnits'>,
    models: readonly StoredModel[],
    checkpoint: StoredModel,
  ) {
    const units = controlUnits.filter(({ module }) => !isReference(module));
    const controls = units.length === 0 ? [] : controlsAmong(models);
    const named = new Map<string, StoredModel>();
    for (const { model: wanted } of units) {
      if (wanted === NO_MODEL || wanted === '')
        throw new BadParametersError(
          'A ControlNet unit has no model. Choose one for it, or switch the unit off.',
        );
      const found = findControl(controls, wanted)?.model;
      if (!found) {
        throw new BadParametersError(
          `The control network "${wanted}" is not in the library. Import its file, or choose another under ControlNet.`,
        );
      }
      const family = familyOf(checkpoint.detection.kind)?.id;
      const { family: made } = found.detection.control!;
      if (made !== family) {
        throw new BadParametersError(
          `The control network "${found.name}" is for ${CONTROL_FAMILY_NAMES[made]}, and "${checkpoint.name}" is none. Choose another under ControlNet.`,
        );
      }
      named.set(wanted, found);
    }
    this.#named = named;
    this.#units = units;
  }

  /** Of those that are made for a checkpoint: networks beside the UNet, each once, and for each unit with an IP-Adapter or LLLite that. */
  for({ detection: { kind } }: StoredModel): Pick<LoadOptions, 'controls' | 'images' | 'lites'> {
    const family = familyOf(kind)?.id;
    const fits = ({ detection }: StoredModel): boolean => detection.control?.family === family;
    const isAdapter = ({ detection }: StoredModel): boolean => detection.control?.kind === 'ip-adapter';
    const isLite = ({ detection }: StoredModel): boolean => detection.control?.kind === 'lllite';
    const files = [...new Set(this.#named.values())];
    return {
      controls: files.filter((file) => fits(file) && !isAdapter(file) && !isLite(file)),
      lites: this.#units
        .map(({ model }) => this.#named.get(model)!)
        .filter((file) => fits(file) && isLite(file)),
      images: this.#units
        .map(({ model, region }) => ({ adapter: this.#named.get(model)!, masked: region !== null }))
        .filter(({ adapter }) => fits(adapter) && isAdapter(adapter)),
    };
  }

  /** By what a unit of the request calls it. */
  readonly networkOf = (wanted: string): FoundNetwork => {
    const { sha256, name, fileName, detection } = this.#named.get(wanted)!;
    return { ...detection.control!, sha256, name, fileName: stemOf(fileName) };
  };
}

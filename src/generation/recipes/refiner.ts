// The refiner: a step of any recipe, by which a second model takes the last part of a pass over (A1111
// modules/sd_samplers_common.py, apply_refiner; when its turn comes is in sampling/sample.ts).
import type { RefinerSwitch } from '../../sampling/sample.ts';
import type { GenerationParameters } from '../request/request.ts';
import type { Cond, PromptContext } from './conditioning.ts';
import type { Models } from './recipe.ts';
import { sampledModel, type Batch, type Given } from './sampling-request.ts';

/** Of a recipe's passes, by the names of A1111's setting. */
export type PassName = 'first pass' | 'second pass';

/**
 * What a pass is given for it: nothing where the pass has none. `parameters`: the pass's own; `asked`: the request's.
 * `imageConditioning`: what the first model's UNet reads besides, which the second one reads if it is of that kind.
 */
export function refinerOf(
  models: Models,
  asked: GenerationParameters,
  pass: PassName,
  parameters: GenerationParameters,
  batch: Batch,
  {
    context,
    ...given
  }: Pick<Given, 'imageConditioning' | 'units' | 'pass'> & { readonly context?: PromptContext } = {},
): Pick<Given, 'refiner'> {
  const { refiner, hires, settings } = asked;
  if (refiner === null || refiner.checkpoint.sha256 === models.current.sha256) return {};
  const where = settings.hiresFixRefinerPass;
  if (hires !== null && where !== 'both passes' && where !== pass) return {};
  const takeOver: RefinerSwitch<Cond>['takeOver'] = async () => {
    const { networks, conditions } = await models.use(refiner.checkpoint);
    return sampledModel(networks, parameters, await conditions(parameters, context), batch, given);
  };
  return { refiner: { switchAt: refiner.switchAt, bySteps: settings.refinerSwitchBySteps, takeOver } };
}

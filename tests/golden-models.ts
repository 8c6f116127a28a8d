// The models of a golden run as recipes have them, on onnxruntime's CPU. Tests only.
import { upscaleBuiltIn, type Upscale } from '../src/finishing/upscale.ts';
import { CondCache, encodePrompts, type Conditions } from '../src/generation/recipes/conditioning.ts';
import type { ModelInUse, Models } from '../src/generation/recipes/recipe.ts';
import type { NamedCheckpoint } from '../src/generation/request/request.ts';
import type { Networks } from '../src/runtime/networks.ts';

export interface WatchedModels extends Models {
  /** What was used, in order; the first is the request's own. */
  readonly used: readonly string[];
  /** Of the last prompts that were read. */
  readonly conditions: Conditions | null;
}

/** `open`: the networks by a checkpoint's name; `watch`: puts something around them. */
export async function watchedModels(
  own: NamedCheckpoint,
  open: (name: string) => Promise<Networks>,
  watch: (networks: Networks, name: string) => Networks = (networks) => networks,
  upscale: Upscale = upscaleBuiltIn,
): Promise<WatchedModels> {
  const used: string[] = [];
  let last: Conditions | null = null;
  const load = async ({ name, sha256 }: NamedCheckpoint): Promise<ModelInUse> => {
    const networks = watch(await open(name), name);
    const cache = new CondCache();
    used.push(name);
    return {
      sha256,
      networks,
      conditions: async (...asked) => (last = await encodePrompts(networks, asked[0], cache, asked[1])),
      decode: (...args) => networks.decode(...args),
      encode: (...args) => networks.encode(...args),
      upscale,
    };
  };
  let current = await load(own);
  return {
    get current() {
      return current;
    },
    get conditions() {
      return last;
    },
    used,
    use: async (checkpoint) => {
      const wanted = checkpoint ?? own;
      if (wanted.sha256 !== current.sha256) current = await load(wanted);
      return current;
    },
  };
}

// The models of a run as its recipes have them: one in use at a time, others opened as they are asked for.
import type { Upscale } from '../../finishing/upscale.ts';
import type { LoadedModel } from '../../runtime/loaded-model.ts';
import { InterruptedError } from '../../runtime/errors.ts';
import { turn } from '../../runtime/turn.ts';
import { encodePrompts, type Conditions, type PromptEmbedding } from '../recipes/conditioning.ts';
import type { ModelInUse, Models } from '../recipes/recipe.ts';
import type { GenerationParameters, NamedCheckpoint } from '../request/request.ts';
import type { Padding } from '../request/settings-text.ts';
import type { GenerationEvent } from './events.ts';
import type { AtHand } from './loaded-models.ts';
import { PromptEmbeddings } from './prompt-embeddings.ts';
import type { Replay } from './replay.ts';

/**
 * Opens the models of a request: null stands for its own. Another one may have to go for it. `prompt`: whose LoRAs change its
 * weights.
 */
export type OpenModel = (
  checkpoint: NamedCheckpoint | null,
  prompt: string,
) => Promise<Pick<AtHand, 'model' | 'conds'>>;

/** What may cut a run short. */
export interface Job {
  /** Stop after the step that runs. */
  stop: boolean;
  /** ... and go on with the next batch. */
  skip: boolean;
}

/** ... for one batch at a time. */
export class RunModels {
  #padded: Padding = null;
  readonly #truncated = new Set<string>();
  readonly #embeddings = new PromptEmbeddings();
  /** By name. */
  readonly #named = new Map<string, PromptEmbedding>();

  constructor(
    private readonly open: OpenModel,
    private readonly parameters: GenerationParameters,
    private readonly job: Job,
    private readonly onEvent: (event: GenerationEvent) => void,
  ) {}

  /** How prompts came to one length so far; null where none had to. */
  get padded(): Padding {
    return this.#padded;
  }

  /** Textual inversions that prompts have named so far. */
  get embeddings(): readonly PromptEmbedding[] {
    return [...this.#named.values()];
  }

  /** Begins with the request's own model, whichever was in use. */
  async forBatch(replay: Replay, upscale: Upscale): Promise<Models & { readonly loaded: LoadedModel }> {
    let { prompt } = this.parameters;
    let at = await this.open(null, prompt);
    let current = this.#inUse(at, replay, upscale);
    const own = current.sha256;
    return {
      get current() {
        return current;
      },
      get loaded() {
        return at.model;
      },
      use: async (checkpoint, other = prompt) => {
        if ((checkpoint?.sha256 ?? own) === current.sha256 && other === prompt) return current;
        prompt = other;
        at = await this.open(checkpoint, prompt);
        current = this.#inUse(at, replay, upscale);
        return current;
      },
    };
  }

  #inUse({ model, conds }: Pick<AtHand, 'model' | 'conds'>, replay: Replay, upscale: Upscale): ModelInUse {
    const { vaeEncodeMethod, vaeDecodeMethod } = this.parameters.settings;
    const { family, textEncoders, contextDim } = model;
    const encodeText: LoadedModel['encodeText'] = async (...args) => {
      await turn();
      // A schedule of many texts takes long on the processor.
      if (this.job.stop) throw new InterruptedError();
      return model.encodeText(...args);
    };
    return {
      sha256: model.record.sha256,
      networks: {
        ...replay.over(model),
        decode: (...args) => model.decode(...args),
        onPart: async (index, count) => {
          this.onEvent({ type: 'status', message: `Tiles ${index + 1} of ${count}` });
          await turn();
          if (this.job.stop) throw new InterruptedError();
        },
      },
      conditions: async (parameters, context) => {
        this.onEvent({ type: 'status', message: 'Reading the prompt' });
        const networks = { family, textEncoders, contextDim, encodeText };
        const embeddings = await this.#embeddings.for(textEncoders);
        return this.#note(
          await encodePrompts(networks, parameters, conds, {
            ...context,
            embeddings,
            weightsKey: model.textKey,
          }),
        );
      },
      decode: (...args) => (vaeDecodeMethod === 'TAESD' ? model.decodeTiny(...args) : model.decode(...args)),
      encode: (...args) => {
        this.onEvent({ type: 'status', message: 'Encoding the picture' });
        return vaeEncodeMethod === 'TAESD' ? model.encodeTiny(...args) : model.encode(...args);
      },
      upscale,
    };
  }

  #note(conditions: Conditions): Conditions {
    this.#padded ??= conditions.padded;
    for (const embedding of conditions.embeddings) this.#named.set(embedding.name, embedding);
    for (const text of conditions.truncated) {
      if (this.#truncated.has(text)) continue;
      this.#truncated.add(text);
      this.onEvent({
        type: 'warning',
        message: `The old emphasis implementation reads 75 tokens only. This was left out: ${text}`,
      });
    }
    return conditions;
  }
}

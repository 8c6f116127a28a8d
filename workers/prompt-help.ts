// Comlink entrance to what helps with prompts off the page: the cards of add-ons, and the person's list of tags.
import { expose } from 'comlink';
import { describeAddOn, setPreview } from '../src/library/describe-add-on.ts';
import { borrowMemory } from '../src/library/memory/memory-mode.ts';
import type { PromptHelpApi } from '../src/library/prompt-help-types.ts';
import { loadSetting, saveSetting } from '../src/library/settings.ts';
import { collectionOfYaml } from '../src/prompt/templates/yaml.ts';
import { MAX_TAGS_LENGTH, TagIndex } from '../src/prompt/tag-index.ts';

const TAGS = 'prompt.tags';

/** Made when a word is first completed. */
let index: Promise<TagIndex> | null = null;

async function readTags(): Promise<TagIndex> {
  const stored = await loadSetting(TAGS);
  return new TagIndex(typeof stored === 'string' ? stored.slice(0, MAX_TAGS_LENGTH) : '');
}

function tags(): Promise<TagIndex> {
  index ??= readTags();
  // What cannot be read now may be the next time.
  index.catch(() => (index = null));
  return index;
}

const api: PromptHelpApi = {
  describe: describeAddOn,
  setPreview,
  collectionOfYaml: async (name, yaml) => Promise.resolve(collectionOfYaml(name, yaml)),

  async keepTags(text) {
    const made = new TagIndex(text);
    await saveSetting(TAGS, text);
    index = Promise.resolve(made);
    return made.size;
  },

  async findTags(words, most) {
    const list = await tags();
    for (const [word, typed] of words.entries()) {
      const found = list.find(typed, most);
      if (found.length > 0) return { word, tags: found };
    }
    return { word: -1, tags: [] };
  },
};

borrowMemory();
expose(api);

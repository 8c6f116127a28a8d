// The cards of add-ons, and what completes words in prompts.
import { number, plural } from '../locale.ts';

export const addons = {
  title: 'Add-ons',
  open: 'LoRAs, embeddings and hypernetworks, for the prompt',
  /** A1111's tabs. */
  kinds: { lora: 'Lora', embedding: 'Textual Inversion', hypernetwork: 'Hypernetworks' },
  kindsLabel: 'Kinds of add-ons',
  search: 'Search add-ons',
  folder: 'Folder',
  allFolders: 'All folders',
  sort: 'Sort',
  orders: { name: 'By name', newest: 'Newest first', folder: 'By folder' },
  favourites: 'Favourites',
  fitting: 'For this checkpoint',
  /** Of the list of cards. */
  cards: (count: number) => plural(count, { one: '1 add-on', other: `${number(count)} add-ons` }),
  keys: 'Enter adds or takes away, F marks a favourite, E edits.',
  none: 'None here yet. Drop their files on the page: .safetensors, .pt, .bin. Pictures and texts of the same name come along.',
  noneFound: 'No add-on has these words.',
  inPrompt: (prompt: string) => `Prompt: ${prompt}`,
  emptyPrompt: 'The prompt is empty.',
  card: (facts: {
    readonly name: string;
    readonly family: string | null;
    readonly fits: boolean | null;
    readonly favourite: boolean;
    readonly triggers: string;
  }) =>
    [
      facts.name,
      ...(facts.family === null ? [] : [`for ${facts.family}`]),
      ...(facts.fits === false ? ['not for this checkpoint'] : []),
      ...(facts.favourite ? ['favourite'] : []),
      ...(facts.triggers === '' ? [] : [facts.triggers]),
    ].join(', '),
  madeFor: (what: string, family: string) => `This ${what} is for ${family}`,
  what: { lora: 'LoRA', embedding: 'embedding', hypernetwork: 'hypernetwork' },
  favourite: 'Favourite',
  edit: 'Edit',

  // The editor: A1111's labels.
  editing: (name: string) => `Edit ${name}`,
  description: 'Description',
  activation: 'Activation text',
  activationHelp: 'Goes into the prompt with it.',
  weight: 'Preferred weight',
  weightHelp: '0 for the default multiplier of the settings.',
  negative: 'Negative prompt',
  notes: 'Notes',
  folderHelp: 'As styles/ink.',
  triggers: 'Trained with these words: a click adds one to the activation text.',
  preview: 'Preview',
  useShown: 'Use this picture as preview',
  choosePicture: 'Choose a picture',
  removePreview: 'Remove the preview',
  notChanged: (name: string) => `The card of ${name} could not be changed`,
  notUsable: 'The picture could not be made a preview',

  notRead: (name: string) => `Not everything beside ${name} could be read`,
  notReadWhat: (files: string) =>
    `${files}: neither a picture nor a text that A1111 or Civitai writes. The card goes without.`,
  cardsNotRead: 'The cards of the add-ons could not be read',

  // Completion.
  suggestions: 'Suggestions',
  told: (count: number) =>
    plural(count, {
      one: '1 suggestion: Tab takes it, Esc closes.',
      other: `${number(count)} suggestions: arrows choose, Tab takes, Esc closes.`,
    }),
  kindsOfSuggestions: {
    lora: 'LoRA',
    hypernetwork: 'hypernetwork',
    embedding: 'embedding',
    style: 'style',
    wildcard: 'wildcard',
    tag: 'tag',
  },
  alias: (alias: string) => `from ${alias}`,

  // Settings.
  settings: 'Extra Networks',
  multiplier: 'Default multiplier for extra networks',
  separator: 'Extra networks separator',
  separatorHelp: 'Extra text to add before <...> when adding an add-on to the prompt.',
  addLora: 'Add network to prompt',
  addHypernetwork: 'Add hypernetwork to prompt',
  addHelp: 'Every prompt that does not call it has it added at its end, at the default multiplier.',
  noNetwork: 'None',
  completion: 'Complete words in prompts',
  completionHelp:
    'Add-ons after <, wildcards after __, and embeddings, styles and your own tags from two letters on.',
  tags: (count: number) =>
    count === 0
      ? 'No list of tags yet: drop or load a tags.csv as the extension tagcomplete reads it (name, type, count, aliases).'
      : `${number(count)} tags.`,
  loadTags: 'Load tags.csv',
  tagsFile: 'tags.csv',
  removeTags: 'Remove the tags',
  tagsAdded: (count: number) => `${number(count)} tags`,
  tagsAddedWhat: 'They complete words in the prompts from now on.',
  notTags: (name: string) => `${name} has no tags`,
  notTagsWhat: 'Its lines should be: name,type,count,"aliases".',
  tagsNotKept: 'The tags could not be kept',
};

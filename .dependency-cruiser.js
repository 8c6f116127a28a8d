// What may import what: the plan of src/ as rules. `npm run lint` fails on an import that is not in the table, and on circles.

/**
 * The rooms of src/, from the ground up, each with those that it may import: a room stands after all of them. A file that lies
 * in src/ itself is a room as well.
 */
const ROOMS = {
  // What people bring and ask for. Nothing of the browser's page: these run in Node, in a worker and on the page.
  checkpoint: [],
  graph: [],
  sampling: [],
  'text-files': [],
  // Dynamic prompts draw with the generator that their extension draws with.
  prompt: ['sampling', 'text-files'],
  // Arithmetic on long arrays.
  simd: [],
  image: ['sampling'],

  // Whose file it is, what such a model is made of, and its networks as graphs.
  families: ['sampling'],
  models: ['checkpoint', 'families', 'graph', 'image', 'sampling', 'text-files'],
  onnx: ['graph'],
  // What extensions are, and those that are built in.
  extensions: ['families', 'image', 'models', 'sampling'],
  // What is put into a model or its prompt: embeddings, LoRAs.
  'add-ons': ['checkpoint', 'graph', 'image', 'models', 'prompt', 'simd'],
  // Graphs as programs of our own kernels.
  wgsl: ['graph'],
  // What is done to pictures by networks that are no part of a model; the networks are given to it.
  finishing: ['image', 'sampling'],
  // What control networks are shown of a picture.
  'control/preprocessors': ['finishing', 'image', 'models', 'sampling'],

  // A request, and what is kept of models, pictures and the queue.
  'generation/request': [
    'control/preprocessors',
    'extensions',
    'families',
    'image',
    'models',
    'prompt',
    'sampling',
  ],
  // What other programs tell in their pictures, in A1111's words.
  'other-programs': ['generation/request', 'image', 'sampling'],
  // One request as many: what a plot asks for, and the grid of its pictures.
  plots: ['extensions', 'generation/request', 'image', 'prompt', 'sampling'],
  library: [
    'add-ons',
    'checkpoint',
    'extensions',
    'families',
    'generation/request',
    'image',
    'models',
    'plots',
    'prompt',
    'sampling',
  ],

  // A1111's interface for programs, as requests of ours: for a server (scripts/api.ts), not for the page.
  sdapi: [
    'families',
    'finishing',
    'generation/request',
    'image',
    'library',
    'models',
    'other-programs',
    'prompt',
    'sampling',
  ],

  // Checkpoints made of others, and what one has beyond another as a LoRA.
  merging: ['add-ons', 'checkpoint', 'library', 'models', 'simd'],

  // The device with networks on it, the recipes that call them, and the run that carries a request out.
  'trusted-scripts.ts': [],
  'blob-entrance.ts': ['trusted-scripts.ts'],
  'single-file': [],
  runtime: [
    'add-ons',
    'blob-entrance.ts',
    'checkpoint',
    'extensions',
    'families',
    'graph',
    'image',
    'library',
    'models',
    'onnx',
    'sampling',
    'single-file',
    'trusted-scripts.ts',
    'wgsl',
  ],
  'generation/recipes': [
    'add-ons',
    'control/preprocessors',
    'extensions',
    'families',
    'finishing',
    'generation/request',
    'image',
    'models',
    'prompt',
    'runtime',
    'sampling',
  ],
  // What is painted one after another, and what is made of it.
  'generation/scripts': [
    'finishing',
    'generation/recipes',
    'generation/request',
    'image',
    'runtime',
    'sampling',
  ],
  'generation/run': [
    'add-ons',
    'checkpoint',
    'control/preprocessors',
    'extensions',
    'families',
    'finishing',
    'generation/recipes',
    'generation/request',
    'generation/scripts',
    'graph',
    'image',
    'library',
    'merging',
    'models',
    'prompt',
    'runtime',
    'sampling',
    'wgsl',
  ],

  // The page. It reaches the run and the runtime through workers.
  ui: [
    'blob-entrance.ts',
    'control/preprocessors',
    'extensions',
    'families',
    'finishing',
    'generation/request',
    'generation/run',
    'image',
    'library',
    'merging',
    'models',
    'other-programs',
    'plots',
    'prompt',
    'runtime',
    'sampling',
    'single-file',
    'text-files',
    'trusted-scripts.ts',
  ],
  'main.ts': ['ui'],
};

/** What the page may take from behind its workers: data and small questions, besides types. */
const SAID_TO_THE_PAGE = [
  'control/preprocessors/(table|hint-resize-modes).ts',
  'finishing/extras-request.ts',
  'generation/run/(memory-options|run-options|benchmark-report).ts',
  'runtime/adapter.ts',
];

const names = Object.keys(ROOMS);
for (const [room, others] of Object.entries(ROOMS)) {
  const above = others.find((other) => !names.slice(0, names.indexOf(room)).includes(other));
  if (above !== undefined) throw new Error(`${room} may not import ${above}: it does not stand before it.`);
}

/** Tests may look anywhere. */
const TESTS = '\\.test\\.ts$|/testing\\.ts$';

const pathOf = (room) => `^src/${room}${room.endsWith('.ts') ? '' : '/'}`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...names.map((room) => ({
      name: `${room} imports its own, and ${ROOMS[room].join(', ') || 'nothing else'}`,
      severity: 'error',
      from: { path: pathOf(room), pathNot: TESTS },
      to: { path: '^src/', pathNot: [room, ...ROOMS[room]].map(pathOf) },
    })),
    {
      name: 'every file of src/ is in a room',
      severity: 'error',
      from: { path: '^src/', pathNot: names.map(pathOf) },
      to: {},
    },
    {
      name: 'the page talks to the engine through its worker',
      severity: 'error',
      from: { path: pathOf('ui'), pathNot: TESTS },
      to: {
        path: ['control/preprocessors', 'finishing', 'runtime', 'generation/run'].map(pathOf),
        pathNot: SAID_TO_THE_PAGE.map((file) => `^src/${file}`),
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no circles',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types count, too.
    tsPreCompilationDeps: true,
  },
};

// What went wrong, and what to do about it. (The engine's and the library's own errors are said by them.)
export const failures = {
  hints: {
    internal: 'Try again. If it happens again, reload the page; the details help whoever is to mend it.',
    workerDied: 'Try again: it is started afresh. Where a new version is offered, take it first.',
  },
  // Of an error that was not meant for people, by what was under way.
  storageFull:
    'The browser has no room left for this page. Free some space on the disk, or delete models or pictures.',
  badFile: 'Something in this file was not expected, and reading it failed.',
  deviceLost: 'The GPU was reset or taken away from this page.',
  outOfMemory: 'There was not enough memory. Make smaller or fewer pictures at a time.',
  // By the browser's kind of error.
  notReadable:
    'The browser could not read this. It may have been moved or changed, or be in use: choose it again.',
  notFound: 'The browser could not find this any more. It may have been moved, deleted or cleared.',
  security: 'The browser does not let this page store or read anything here.',
  network: 'The network did not answer.',
  unexpected: 'Something happened that Darkroom did not expect.',
  noDetails: 'No details.',

  // Workers.
  workers: {
    canvas: 'canvas',
    engine: 'engine',
    gallery: 'gallery',
    hasher: 'hasher',
    importer: 'importer',
    merger: 'merger',
    'prompt-help': 'help with prompts',
    tokens: 'token counter',
  },
  workerStopped: (worker: string) => `The ${worker} stopped unexpectedly.`,
  workerGarbled: (worker: string) => `The ${worker} sent something that could not be read.`,
  workerEnded: (worker: string) => `The ${worker} was stopped.`,
  noWebGpu: 'This browser offers no WebGPU.',

  // Reading and making files.
  demoNotLoaded: (status: number) => `The demo model could not be loaded (${status}). Try again later.`,
  boxNotFetched: (file: string) =>
    `${file}, which comes with Darkroom, could not be fetched. Connect to the network and try again.`,
  noLicences: 'licences.txt is not there. It is written when Darkroom is built.',
  weightsInUse:
    'A model is being imported, or a newer version of Darkroom has made one of the models: it may need them.',
  settingsLate: 'The browser does not give the settings back.',
  notFetched:
    'Not everything could be fetched. Look at the network and at the room on the disk, and try again.',
};

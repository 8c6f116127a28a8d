// Saving pictures into a folder as they come, and grids. Labels are A1111's.
import { number, plural } from '../locale.ts';

export const output = {
  title: 'Output folder',
  choose: 'Choose a folder',
  another: 'Choose another folder',
  stop: 'Stop saving there',
  into: (name: string) => `Every picture is also saved to “${name}”.`,
  what: 'Every picture is also saved as a file in a folder of yours, as A1111 does: in txt2img-images, img2img-images and extras-images, with numbers that go on from what lies there. A folder that A1111 has written to will do.',
  noFolders:
    'This browser gives pages no folder to write to; Chrome and Edge do. The Gallery keeps every picture.',
  asksAgain: 'The browser asks again whether Darkroom may write there, once in a visit.',
  notChosen: 'The folder could not be chosen',

  saveToDirs: 'Save images to a subdirectory',
  gridSaveToDirs: 'Save grids to a subdirectory',
  directoryPattern: 'Directory name pattern',
  maxPromptWords: 'Max prompt words for [prompt_words] pattern',
  addNumber: 'Add number to filename when saving',
  existing: 'Saving the image to an existing file',
  saveText: 'Create a text file with infotext next to every generated image',
  jpgCopy: 'Save copy of large images as JPG',
  jpgCopyMegabytes: 'File size limit for the above option, MB',
  jpgCopySide: 'Width/height limit for the above option, in pixels',
  saveIncomplete: 'Save incomplete images',
  originalName: 'Use original name for output filename during batch process in extras tab',

  grids: 'Grids',
  grid: 'Always save all generated image grids',
  gridWhat:
    'A grid of a run’s pictures is kept in the Gallery beside them, and goes to the output folder. A1111 has this on.',
  gridFormat: 'File format for grids',
  gridLongName: 'Add extended info (seed, prompt) to filename when saving grid',
  gridOnlyIfMultiple: 'Do not save grids consisting of one picture',
  gridPreventEmpty: 'Prevent empty spots in grid (when set to autodetect)',
  gridRows: 'Grid row count; use -1 for autodetect and 0 for it to be same as batch size',
  gridBackground: 'Background color for image grids',
  showGrid: 'Show grid in gallery',
  gridNotMade: 'The grid could not be made',

  notAllowed: (name: string) => `Darkroom may not write to “${name}” now`,
  notAllowedWhat:
    'The browser asks for that once in a visit. Until then pictures are in the Gallery alone; those of now are written as soon as you allow it.',
  allow: 'Allow',
  notWritten: (name: string) => `A picture could not be saved to “${name}”`,
  gone: 'The folder is no longer there: it was moved, renamed or deleted, or its disk is not connected.',
  full: 'The disk is full.',
  inLibrary: 'It is in the Gallery, and so are those that follow; they are written when you try again.',
  tryAgain: 'Try again',
  chooseAnother: 'Choose another folder',
  caughtUp: 'The output folder is up to date',
  caughtUpWhat: (count: number) =>
    plural(count, {
      one: 'One picture that waited was written.',
      other: `${number(count)} pictures that waited were written.`,
    }),
};

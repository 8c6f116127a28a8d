// img2img's source picture.
export const source = {
  title: 'Source',
  none: 'none yet',
  value: (name: string, strength: number) => `${name}, denoising ${strength}`,
  choose: 'Choose a picture',
  other: 'Another picture',
  remove: 'Remove the source',
  dropHere: 'Choose a picture, paste it, or send one here from the Gallery or PNG Info',
  showSource: 'Show the source',
  showResult: 'Show the result',
  spaceKey: 'Space',
  alt: (name: string) => `Source picture ${name}`,
  useSize: (width: number, height: number) => `Use its size: ${width} × ${height}`,
  needed: 'No picture to start from',
  neededWhat: 'img2img makes a picture out of another one.',
  notKept: 'The source could not be kept with the pictures',
  nothingMasked:
    'Nothing is marked to be redrawn yet. Paint over a part of the picture, draw the frame larger, or choose img2img above it.',
  notTaken: 'The picture cannot be used',
  gone: 'Its file is not in the library any more.',
  nameOf: (seed: string) => `Picture ${seed}`,
  tooLarge: (name: string) => `${name} has too many pixels to be shown. Make it smaller than 8192 x 8192.`,
};

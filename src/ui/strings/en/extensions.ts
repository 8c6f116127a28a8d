// Extensions: what the page says of them, besides what they say of themselves.
export const extensions = {
  what: 'Each is off until you switch it on, and then changes how pictures are made. With none on, pictures are those of the plain program.',
  on: 'On',
  off: 'Off',
  enable: (title: string) => `Use ${title}`,
};

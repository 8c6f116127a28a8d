// Extensions: what the page says of them, besides what they say of themselves.
export const extensions = {
  // In Create.
  what: 'Each is off until you switch it on, and then changes how pictures are made. With none on, pictures are those of the plain program.',
  on: 'on',
  off: 'off',
  enable: (title: string) => `Use ${title}`,
  gone: (name: string) =>
    `"${name}" is switched on and is not installed, or not enabled (Settings, Extensions).`,
  switchOff: (name: string) => `Do without ${name}`,

  // The tab.
  title: 'Extensions',
  how: 'Drop an extension here: a .js or .zip file, or its folder; one that is installed is updated so. It runs by itself, without a network, and sees only what it is given. Its controls are in Create, under Extensions, with those that are built in.',
  choose: 'Choose files',
  none: 'None is installed.',
  wantsTo: 'It wants to:',
  wantsMore: 'This version wants more than the one that is installed:',
  may: 'It may:',
  wants: {
    conditioning: 'change what the model reads of the prompts',
    denoiser: 'change what the model is asked in every step',
    guidance: 'change what comes of every step',
    latents: 'change the picture between the passes of Hires. fix',
    picture: 'change finished pictures',
  },
  allow: 'Install',
  allowUpdate: 'Allow and update',
  dismiss: 'Leave it',
  enabled: 'Enabled',
  remove: 'Remove',
  tooLarge: 'It is too large.',
  isBuiltIn: (name: string) => `"${name}" is the name of one that is built in.`,
  refused: (file: string, why: string) => `${file} cannot be installed. ${why}`,
  notRead: 'The extensions could not be read',
  notInstalled: 'The extension could not be installed',
  notChanged: 'The extension could not be changed',
  /** Of a text. */
  missing: (name: string) =>
    `the text needs the extension "${name}", which is not installed or not enabled (Settings, Extensions)`,
};

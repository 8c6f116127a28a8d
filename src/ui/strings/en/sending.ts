// Sending a picture to where it is worked on.
export const sending = {
  sendTo: 'Send to',
  to: { txt2img: 'txt2img', img2img: 'img2img', inpaint: 'Inpaint', extras: 'Extras', hires: 'Hires. fix' },
  name: (to: string) => `Send to ${to}`,
  copyImage: 'Copy image',
};

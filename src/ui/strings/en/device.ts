// What paints, and what would help where no graphics card does.
export const device = {
  chosenProcessor: 'Painting on the processor, as chosen in Settings.',
  chosenSoftware: (gpu: string) =>
    `No graphics card found: painting with ${gpu}, in software, as chosen in Settings.`,
  noCard: 'No graphics card found: painting on the processor.',
  cardFailed: 'The graphics card cannot be used: painting on the processor.',
  processorFaster: 'No graphics card found: painting on the processor, the faster way here.',
  softwareFaster: (gpu: string) =>
    `No graphics card found: painting with ${gpu}, in software, the faster way here.`,
  paintOnProcessor: 'Paint on the processor',
  whatWouldHelp: 'What would give this page a graphics card',

  // Advice by what is the matter.
  insecure: {
    title: 'This address cannot use the GPU',
    summary: 'Browsers offer WebGPU only to pages they can trust: https:// addresses and localhost.',
    steps: ['Open Darkroom through https://, or run it on this computer and open http://localhost.'],
  },
  absent: {
    title: 'This browser has no WebGPU',
    summary: 'Darkroom draws on your graphics card through WebGPU, which this browser does not offer.',
  },
  noAdapter: {
    title: 'No graphics card found',
    summary: 'The browser knows WebGPU but gives this page no GPU.',
    steps: [
      'Turn on hardware acceleration (“Use graphics acceleration when available”) in the browser’s settings and restart it.',
      'Update the graphics driver.',
    ],
  },
  orChrome: 'Or open this page in Chrome or Edge.',
  chromeGpu: 'Open chrome://gpu to see why WebGPU is off.',
  tryChrome: 'Try Chrome or Edge: they reach more graphics cards.',
  chromeLinux: 'On Linux, turn on “Unsafe WebGPU Support” and “Vulkan” in chrome://flags.',
  enable: {
    chromium: [
      'Update the browser: Chrome and Edge have WebGPU since version 113 (on Android since 121).',
      'If it is current, turn on “Unsafe WebGPU Support” in chrome://flags and restart the browser.',
    ],
    firefox: [
      'Update Firefox: it has WebGPU on Windows since version 141 and on Macs with Apple silicon since 145.',
      'Elsewhere, set dom.webgpu.enabled to true in about:config and restart.',
    ],
    safari: [
      'Update to Safari 26 (macOS 26, iOS 26) or newer.',
      'On macOS 14 and 15, turn on WebGPU under Develop, Feature Flags.',
    ],
  },
};

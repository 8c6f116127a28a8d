// What a GPU adapter says of itself: its name, and whether there is a graphics card behind it.

/** The part of GPUAdapterInfo that is read; browsers leave out what they please. */
export type AdapterInfo = Partial<
  Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'>
>;

export function adapterName({ description, vendor, architecture }: AdapterInfo): string {
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'unknown GPU';
}

/** SwiftShader, Mesa's llvmpipe (whose Vulkan driver is lavapipe) and softpipe, Microsoft's WARP ("Basic Render Driver"). */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b|software/i;

/** Whether the processor does the work of this adapter. */
export function isSoftware(info: AdapterInfo): boolean {
  const { vendor = '', architecture = '', device = '', description = '' } = info;
  return (
    info.isFallbackAdapter === true || SOFTWARE.test([vendor, architecture, device, description].join(' '))
  );
}

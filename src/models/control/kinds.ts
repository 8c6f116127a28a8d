// What the library keeps of a control network, besides its tensors.

export const CONTROL_KINDS = ['controlnet', 'control-lora', 't2i-adapter', 'ip-adapter', 'lllite'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

export const CONTROL_FAMILIES = ['sd1', 'sd2', 'sdxl'] as const;
export type ControlFamily = (typeof CONTROL_FAMILIES)[number];

export interface ControlInfo {
  readonly kind: ControlKind;
  readonly family: ControlFamily;
  /** The weights that it shares with a UNet are differences from that one's. */
  readonly difference: boolean;
  /** Union models: how many kinds of pictures they know; 0 for others. */
  readonly controlTypes: number;
}

/** What a file says of the control network in it. */
export interface ControlFile {
  /** For people: "ControlNet for SDXL". */
  readonly label: string;
  /** Null where it cannot be used. */
  readonly info: ControlInfo | null;
  /** Why not. */
  readonly problem: string | null;
  /** What to do then, where it is not to look for a whole copy. */
  readonly advice?: string;
}

/** How people call the families. */
export const CONTROL_FAMILY_NAMES: Readonly<Record<ControlFamily, string>> = {
  sd1: 'SD 1.x',
  sd2: 'SD 2.x',
  sdxl: 'SDXL',
};

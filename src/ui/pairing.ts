// What a handful of files dropped together means: checkpoints, and the sidecars that belong to them.

/** What the file picker offers. The importer recognises files by their bytes, whatever they are called. */
export const ACCEPTED_FILES = '.safetensors,.ckpt,.pt,.pth,.bin,.yaml,.yml';

export interface ImportRequest<F> {
  readonly file: F;
  /** A1111's `name.yaml` beside `name.safetensors`. */
  readonly sidecar: F | null;
  readonly place?: Place<F>;
}

/** Where an add-on lay, and what beside it: its card shows that. */
export interface Place<F> {
  /** Within the folder that was dropped or chosen; null for a file by itself. */
  readonly folder: string | null;
  readonly beside: readonly F[];
}

export interface Pairing<F> {
  readonly requests: readonly ImportRequest<F>[];
  /** Sidecars whose checkpoint was not among the files. */
  readonly orphans: readonly F[];
}

/** Pairs `name.yaml` with `name.<anything else>`, ignoring case. A file given twice counts once per name and size. */
export function pairSidecars<F extends { readonly name: string; readonly size: number }>(
  files: readonly F[],
): Pairing<F> {
  const sidecars = new Map<string, F>();
  const checkpoints = new Map<string, F>();
  for (const file of files) {
    const { stem, extension } = split(file.name);
    if (extension === 'yaml' || extension === 'yml') sidecars.set(stem, file);
    else checkpoints.set(`${file.name}\n${file.size}`, file);
  }
  const used = new Set<string>();
  const requests = [...checkpoints.values()].map((file) => {
    const { stem } = split(file.name);
    const sidecar = sidecars.get(stem) ?? null;
    if (sidecar) used.add(stem);
    return { file, sidecar };
  });
  const orphans = [...sidecars].filter(([stem]) => !used.has(stem)).map(([, file]) => file);
  return { requests, orphans };
}

function split(name: string): { stem: string; extension: string } {
  const lower = name.toLowerCase();
  const dot = lower.lastIndexOf('.');
  return dot < 0
    ? { stem: lower, extension: '' }
    : { stem: lower.slice(0, dot), extension: lower.slice(dot + 1) };
}

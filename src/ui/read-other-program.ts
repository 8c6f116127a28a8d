// A picture of another program, for PNG Info: its parameters in A1111's words, and sentences on what has none. Loaded when first used.
import type { ImageMetadata } from '../image/metadata.ts';
import { readOtherProgram } from '../other-programs/read.ts';
import { listed } from './format.ts';
import { foreign as t } from './strings/foreign.ts';

export interface DescribedPicture {
  readonly program: string;
  /** A parameters text. */
  readonly text: string;
  readonly remarks: readonly string[];
}

/** Null for pictures of A1111 and the like, and for those that tell nothing. */
export async function describeOtherProgram(
  metadata: ImageMetadata,
  hiddenText: () => Promise<string | null>,
): Promise<DescribedPicture | null> {
  const found = await readOtherProgram(metadata, hiddenText);
  if (!found) return null;
  const { program, text, remarks } = found;
  const names = remarks.flatMap((remark) => (remark.about === 'left out' ? [remark.name] : []));
  const others = remarks.flatMap((remark) =>
    remark.about === 'left out' ? [] : [t.remark(remark, program)],
  );
  return { program, text, remarks: [...(names.length > 0 ? [t.leftOut(listed(names))] : []), ...others] };
}

// Which form of Darkroom this is. (this-copy.single.ts stands in for this file in the single-file build.) What it can and
// cannot do is in strings/en/settings.ts.

export type Copy = 'site' | 'single';

export const THIS_COPY: Copy = 'site';

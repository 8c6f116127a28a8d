// Which form of Darkroom this is: the single file.
import type { Copy } from './this-copy.ts';

export const THIS_COPY: Copy = 'single';

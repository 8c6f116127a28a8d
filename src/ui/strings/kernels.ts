// In the language that the page speaks.
import { kernels as english } from './en/kernels.ts';
import { area } from './language.ts';

export const kernels = area('kernels', english);

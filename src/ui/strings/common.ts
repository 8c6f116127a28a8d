// In the language that the page speaks.
import { common as english } from './en/common.ts';
import { area } from './language.ts';

export const common = area('common', english);

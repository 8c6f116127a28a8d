// In the language that the page speaks.
import { webui as english } from './en/webui.ts';
import { area } from './language.ts';

export const webui = area('webui', english);

// In the language that the page speaks.
import { notices as english } from './en/notices.ts';
import { area } from './language.ts';

export const notices = area('notices', english);

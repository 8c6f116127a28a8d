// In the language that the page speaks.
import { models as english } from './en/models.ts';
import { area } from './language.ts';

export const models = area('models', english);

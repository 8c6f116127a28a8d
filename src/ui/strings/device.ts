// In the language that the page speaks.
import { device as english } from './en/device.ts';
import { area } from './language.ts';

export const device = area('device', english);

// In the language that the page speaks.
import { notifications as english } from './en/notifications.ts';
import { area } from './language.ts';

export const notifications = area('notifications', english);

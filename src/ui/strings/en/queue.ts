// The queue.
import { number, plural } from '../locale.ts';
import { common } from './common.ts';

export const queue = {
  queue: 'Queue',
  inAll: (time: string) => `about ${time} in all`,
  resume: 'Resume',
  resumeThis: 'Resume this job',
  retryHint: 'Try again, from the last finished step',
  pause: 'Pause',
  pauseHint: 'Finish the job that runs, then wait',
  elsewhere: 'Runs in another tab. Close that tab to continue here.',
  unfinished: (count: number) =>
    `${plural(count, { one: 'A job was', other: `${number(count)} jobs were` })} not finished. ` +
    'Resume makes the same pictures, from the last step that was kept.',
  aJob: 'A job of the queue',
  failed: 'Failed',
  onHold: 'On hold',
  running: 'Running',
  runningJob: 'Running job',
  moveUp: 'Move up',
  moveDown: 'Move down',
  remove: 'Remove from the queue',
  notChanged: 'The queue could not be changed',
  pictures: (done: number, all: number) =>
    done > 0 ? `${number(done)} of ${common.pictures(all)}` : common.pictures(all),
  size: (width: number, height: number) => `${width} × ${height}`,
  steps: (steps: number) => plural(steps, { one: '1 step', other: `${steps} steps` }),
};

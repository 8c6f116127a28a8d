// Pictures by the day on which they were made.
import { isDamaged, type ListedImage } from '../../library/image-record.ts';

/** Pictures that follow each other in the list and were made on one day. */
export interface Day {
  /** Milliseconds since 1970, of any moment of that day where the person is; null where that cannot be read any more. */
  readonly time: number | null;
  /** Index of the first of them. */
  readonly first: number;
  readonly count: number;
}

/** `images` in the order in which they are shown. */
export function daysOf(images: readonly ListedImage[]): Day[] {
  const days: Day[] = [];
  let current: { key: number | null; time: number | null; first: number; count: number } | null = null;
  for (const [index, image] of images.entries()) {
    const time = isDamaged(image) ? null : image.createdAt;
    const key = time === null ? null : new Date(time).setHours(0, 0, 0, 0);
    if (current && Object.is(current.key, key)) current.count++;
    else {
      if (current) days.push(current);
      current = { key, time, first: index, count: 1 };
    }
  }
  if (current) days.push(current);
  return days.map(({ time, first, count }) => ({ time, first, count }));
}

// Numbers as people read them: sizes, speeds, times.
import type { Seed } from '../generation/request/seeds.ts';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units with at most three digits: "512 bytes", "4.27 GB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–';
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to "1000".
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return `${Math.round(value)} bytes`;
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${UNITS[unit] ?? ''}`;
}

/** Bytes a second; empty while unknown (0). */
export function formatRate(bytesPerSecond: number): string {
  return bytesPerSecond > 0 && Number.isFinite(bytesPerSecond) ? `${formatBytes(bytesPerSecond)}/s` : '';
}

/** Milliseconds, rounded up to whole seconds so that a countdown never says 0 early: "8 s", "1 min 20 s", "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return '–';
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const rest = minutes % 60;
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** A time that is only about right: "21 min", without its seconds. */
export function formatEstimate(milliseconds: number): string {
  const minute = 60_000;
  return formatDuration(
    milliseconds < 2 * minute ? milliseconds : Math.round(milliseconds / minute) * minute,
  );
}

/** "12 s left"; empty while unknown. */
export function formatTimeLeft(milliseconds: number | null): string {
  return milliseconds === null ? '' : `${formatDuration(milliseconds)} left`;
}

/** 0..1 as whole percent, clamped. */
export function formatPercent(fraction: number): string {
  return `${Math.round(100 * clampFraction(fraction))}%`;
}

export function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

/** File name of a downloaded picture: local date, time and seed, so that a folder of them sorts by age. */
export function pictureFileName(createdAt: number, seed: Seed): string {
  const date = new Date(createdAt);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `darkroom-${day}-${time}-${seed}.png`;
}

/** A1111's model hash: the first ten digits of the SHA-256. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, 10);
}

/** "1 picture", "1,204 pictures" as people write numbers where they are. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString()} ${noun}${count === 1 ? '' : 's'}`;
}

/** Date and time, as people write them where they are. */
export function formatTime(time: number): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Time of day with seconds, as people write it where they are. */
export function formatClock(time: number): string {
  return new Date(time).toLocaleTimeString();
}

/** Names that are told in a list. */
const MAX_LISTED = 30;

/** "a, b, c"; of very many the first ones and how many more, for texts from elsewhere may hold thousands. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => name.slice(0, 120));
  if (names.length > MAX_LISTED) shown.push(`and ${names.length - MAX_LISTED} more`);
  return shown.join(', ');
}

// Numbers as people read them: sizes, speeds, times.
import { number } from './strings/locale.ts';
import { units } from './strings/units.ts';

/** Bytes in decimal units with at most three digits: "512 bytes", "4.27 GB". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–';
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to "1000".
  while (value >= 999.5 && unit < units.bytes.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1;
  return `${number(value, digits)} ${units.bytes[unit] ?? ''}`;
}

/** Bytes a second; empty while unknown (0). */
export function formatRate(bytesPerSecond: number): string {
  return bytesPerSecond > 0 && Number.isFinite(bytesPerSecond)
    ? units.perSecond(formatBytes(bytesPerSecond))
    : '';
}

/** Milliseconds, rounded up to whole seconds so that a countdown never says 0 early: "8 s", "1 min 20 s", "2 h 5 min". */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return '–';
  const seconds = Math.ceil(milliseconds / 1000);
  if (seconds < 60) return units.seconds(number(seconds));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    if (seconds % 60 === 0) return units.minutes(number(minutes));
    return units.minutesSeconds(number(minutes), number(seconds % 60));
  }
  const hours = number(Math.floor(minutes / 60));
  return minutes % 60 === 0 ? units.hours(hours) : units.hoursMinutes(hours, number(minutes % 60));
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
  return milliseconds === null ? '' : units.left(formatDuration(milliseconds));
}

/** 0..1 as whole percent, clamped. */
export function formatPercent(fraction: number): string {
  return units.percent(number(Math.round(100 * clampFraction(fraction))));
}

export function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

/** A1111's model hash: the first ten digits of the SHA-256. */
export function shortHash(sha256: string): string {
  return sha256.slice(0, 10);
}

/** Names that are told in a list. */
const MAX_LISTED = 30;

/** "a, b, c"; of very many the first ones and how many more, for texts from elsewhere may hold thousands. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => name.slice(0, 120));
  if (names.length > MAX_LISTED) shown.push(units.andMore(number(names.length - MAX_LISTED)));
  return shown.join(', ');
}

// A time as text by Python's strftime, as patterns of file names ask for it (modules/images.py, FilenameGenerator.datetime).

/** English, whatever the page's language: names of files must not change with it. */
const LOCALE = 'en-GB';

interface Parts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  readonly weekday: string;
  readonly monthName: string;
  /** "CET". */
  readonly zone: string;
  /** Minutes east of Greenwich. */
  readonly offset: number;
}

/**
 * `time`: milliseconds since 1970, with their fractions. `zone`: a name of the time zone database; one that is not known counts as
 * `own`, that as the machine's.
 */
export function dateText(time: number, format: string, zone?: string, own?: string): string {
  const parts = partsOf(time, known(zone) ?? known(own));
  return format.replace(/%([A-Za-z%])/g, (written, letter: string) => TELL[letter]?.(parts, time) ?? written);
}

function known(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === '') return undefined;
  try {
    return new Intl.DateTimeFormat(LOCALE, { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function partsOf(time: number, zone: string | undefined): Parts {
  const tell = (options: Intl.DateTimeFormatOptions) =>
    new Map(
      new Intl.DateTimeFormat(LOCALE, { ...(zone !== undefined && { timeZone: zone }), ...options })
        .formatToParts(time)
        .map(({ type, value }) => [type, value]),
    );
  const numbers = tell({
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short' },
  });
  const names = tell({ weekday: 'long', month: 'long', day: 'numeric' });
  const at = (name: Intl.DateTimeFormatPartTypes) => numbers.get(name) ?? '';
  const [year, month, day, hour, minute, second] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map((name) => at(name).padStart(2, '0')) as [string, string, string, string, string, string];
  const there = Date.UTC(+year, +month - 1, +day, +hour, +minute, +second);
  return {
    ...{ year, month, day, hour, minute, second },
    weekday: names.get('weekday') ?? '',
    monthName: names.get('month') ?? '',
    zone: at('timeZoneName'),
    offset: Math.round((there - time) / 60_000),
  };
}

const two = (value: number) => String(value).padStart(2, '0');
/** Of a clock with twelve hours. */
const twelve = (hour: string) => two(+hour % 12 || 12);
/** Of the year, from 1. */
const dayOfYear = ({ year, month, day }: Parts) =>
  Math.round((Date.UTC(+year, +month - 1, +day) - Date.UTC(+year, 0, 1)) / 86_400_000) + 1;

const TELL: Readonly<Record<string, (parts: Parts, time: number) => string>> = {
  Y: ({ year }) => year,
  y: ({ year }) => year.slice(-2),
  m: ({ month }) => month,
  B: ({ monthName }) => monthName,
  b: ({ monthName }) => monthName.slice(0, 3),
  d: ({ day }) => day,
  j: (parts) => String(dayOfYear(parts)).padStart(3, '0'),
  A: ({ weekday }) => weekday,
  a: ({ weekday }) => weekday.slice(0, 3),
  H: ({ hour }) => hour,
  I: ({ hour }) => twelve(hour),
  p: ({ hour }) => (+hour < 12 ? 'AM' : 'PM'),
  M: ({ minute }) => minute,
  S: ({ second }) => second,
  f: (_, time) => String(Math.floor(time * 1000) % 1_000_000).padStart(6, '0'),
  z: ({ offset }) =>
    `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`,
  Z: ({ zone }) => zone,
  '%': () => '%',
};

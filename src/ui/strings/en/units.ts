// Sizes, speeds, times.
export const units = {
  /** By thousands. */
  bytes: ['bytes', 'kB', 'MB', 'GB', 'TB'] as readonly string[],
  perSecond: (size: string) => `${size}/s`,
  seconds: (seconds: string) => `${seconds} s`,
  minutes: (minutes: string) => `${minutes} min`,
  minutesSeconds: (minutes: string, seconds: string) => `${minutes} min ${seconds} s`,
  hours: (hours: string) => `${hours} h`,
  hoursMinutes: (hours: string, minutes: string) => `${hours} h ${minutes} min`,
  left: (time: string) => `${time} left`,
  percent: (percent: string) => `${percent}%`,
  /** At the end of a list that is cut. */
  andMore: (count: string) => `and ${count} more`,
};

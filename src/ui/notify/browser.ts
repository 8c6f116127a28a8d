// The browser's notifications, and a sound of our own.

export type Permission = NotificationPermission | 'missing';

export function permission(): Permission {
  return 'Notification' in globalThis ? Notification.permission : 'missing';
}

/** Asks where the person has not answered before. Browsers want a click just before. */
export async function askPermission(): Promise<Permission> {
  const now = permission();
  return now === 'default' ? await Notification.requestPermission() : now;
}

/** A click on it brings the page back. Rejects where the browser refuses. */
export async function showNotification(title: string, body: string): Promise<void> {
  if (permission() !== 'granted') return;
  const options = { body, tag: 'run', icon: new URL('icons/darkroom-192.png', document.baseURI).href };
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Android's browsers leave it to the service worker, which brings the page back.
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.showNotification(title, options);
  }
}

/** Hertz: a fifth, upwards. */
const TONES = [587.33, 880];
/** Seconds. */
const TONE = 0.18;

/** Two soft tones. Resolves when they have sounded. */
export async function playSound(): Promise<void> {
  const context = new AudioContext();
  try {
    // Refused, and for ever on its way, where nobody has touched the page yet.
    if (context.state === 'suspended') return;
    const ended = TONES.map((frequency, index) => {
      const start = context.currentTime + index * TONE;
      const end = start + 3 * TONE;
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.linearRampToValueAtTime(0.0001, start);
      gain.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, end);
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(gain).connect(context.destination);
      tone.start(start);
      tone.stop(end);
      return new Promise((resolve) => tone.addEventListener('ended', resolve));
    });
    await Promise.all(ended);
  } finally {
    await context.close();
  }
}

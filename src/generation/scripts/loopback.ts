// Loopback: img2img over and over, each picture the source of the next one (A1111 scripts/loopback.py).
import { flatten } from '../../image/flatten.ts';
import { loopStrengths } from '../request/passes.ts';
import type { Loopback } from '../request/script.ts';
import { addToSeed } from '../request/seeds.ts';
import type { ScriptHost, ScriptRequest } from './host.ts';

export async function loopback(
  host: ScriptHost,
  script: Loopback,
  { parameters, source, mask, batch }: ScriptRequest,
): Promise<void> {
  const { settings, batchCount, img2img } = parameters;
  const colors = flatten(source, settings.img2imgBackgroundColor);
  const strengths = loopStrengths(img2img.denoisingStrength, script);
  let last = source;
  for (const [loop, denoisingStrength] of strengths.entries()) {
    // What was masked is there from the second loop on.
    const inpaint =
      loop > 0 && img2img.inpaint
        ? { ...img2img.inpaint, maskedContent: 'original' as const }
        : img2img.inpaint;
    const { pictures, cut } = await host.paint({
      parameters: {
        ...parameters,
        seed: addToSeed(parameters.seed, batch * script.loops + loop),
        batchSize: 1,
        img2img: { ...img2img, denoisingStrength, inpaint },
      },
      sources: [last],
      mask,
      colors,
    });
    last = pictures[0] ?? last;
    const ends = cut !== null || loop === strengths.length - 1;
    if (pictures.length > 0 && (batchCount === 1 || ends)) await host.keep(last);
    if (cut !== null) return;
  }
}

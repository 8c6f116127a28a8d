// A ControlNet unit as a tile of the latent sees it.
import { cutOut, type Planes } from '../../image/tiles.ts';
import type { ActiveUnit } from '../../models/control/units.ts';
import type { LatentArea } from '../../sampling/network-call.ts';

/** What of the unit's planes lies over `area` of a latent that covers `whole`. */
export function withinArea(unit: ActiveUnit, area: LatentArea, whole: LatentArea): ActiveUnit {
  const { hint, region } = unit;
  return { ...unit, hint: cutTo(hint, area, whole), region: region && cutTo(region, area, whole) };
}

/** ... of planes. */
export function cutTo(planes: Planes, area: LatentArea, whole: LatentArea): Planes {
  const [down, across] = [planes.height / whole.bottom, planes.width / whole.right];
  const { top, left, bottom, right } = area;
  return cutOut(planes, {
    top: Math.round(top * down),
    left: Math.round(left * across),
    bottom: Math.round(bottom * down),
    right: Math.round(right * across),
  });
}

// How a picture is looked at: fitted to its frame, or enlarged and shifted. Several frames may share one view.

/** `x`, `y`: the shift, as a share of the frame's width and height, before it is enlarged. `scale` 1 fits the frame. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const FITTED: View = { scale: 1, x: 0, y: 0 };

export class Zoom {
  view = $state.raw<View>(FITTED);

  get enlarged(): boolean {
    return this.view.scale > 1.001;
  }

  reset(): void {
    this.view = FITTED;
  }
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Scale at which a picture that is fitted into a frame shows each of its pixels as one of the screen's. */
export function actualSize(picture: Size, frame: Size, pixelRatio: number): number {
  const fit = Math.min(frame.width / picture.width, frame.height / picture.height);
  return 1 / (fit * pixelRatio);
}

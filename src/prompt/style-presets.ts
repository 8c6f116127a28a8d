// Styles to begin with, for whoever has no styles.csv yet: they are put into the person's own list, and changed or deleted there.
import type { PromptStyle } from './styles.ts';

const style = (name: string, prompt: string, negativePrompt = ''): PromptStyle => ({
  ...{ name, prompt, negativePrompt },
});

const DRAWN = 'drawing, painting, cartoon, illustration, 3d render';
const PHOTOGRAPHED = 'photograph, realistic, photorealistic';

export const STYLE_PRESETS: readonly PromptStyle[] = [
  // Photographs.
  style('Photograph', 'photograph of {prompt}, natural light, sharp focus, fine detail, 35 mm lens', DRAWN),
  style(
    'Portrait photograph',
    'portrait photograph of {prompt}, 85 mm lens, soft window light, blurred background',
    DRAWN,
  ),
  style(
    'Cinematic',
    'film still of {prompt}, wide shot, dramatic light, shallow depth of field, film grain',
    DRAWN,
  ),
  style(
    'Analogue film',
    'photograph of {prompt} on expired colour film, faded colours, light leaks, grain',
    DRAWN,
  ),
  style(
    'Black and white',
    'black and white photograph of {prompt}, strong contrast, deep shadows',
    `${DRAWN}, colour`,
  ),
  style(
    'Long exposure',
    'long exposure photograph of {prompt}, trails of light, blurred motion, tripod, night',
    DRAWN,
  ),
  style('Macro', 'macro photograph of {prompt}, extreme close-up, tiny details, very shallow focus', DRAWN),
  style('Aerial view', 'aerial photograph of {prompt}, seen from far above, morning light', DRAWN),
  style('Product', 'product photograph of {prompt}, seamless background, studio light, soft shadow', DRAWN),
  style('Food', 'photograph of {prompt} on a table, seen from above, daylight, appetising', DRAWN),
  style(
    'Architecture',
    'architectural photograph of {prompt}, straight verticals, blue hour, clear lines',
    DRAWN,
  ),
  // Painted and drawn.
  style(
    'Oil painting',
    'oil painting of {prompt}, visible brush strokes, canvas texture, rich colours',
    PHOTOGRAPHED,
  ),
  style(
    'Watercolour',
    'watercolour of {prompt}, wet paper, soft edges, white paper showing through',
    PHOTOGRAPHED,
  ),
  style(
    'Impressionism',
    'impressionist painting of {prompt}, short strokes, shimmering light, open air',
    PHOTOGRAPHED,
  ),
  style('Ink drawing', 'ink drawing of {prompt}, hatching, black on white paper', `${PHOTOGRAPHED}, colour`),
  style(
    'Pencil sketch',
    'pencil sketch of {prompt}, loose lines, shading, paper grain',
    `${PHOTOGRAPHED}, colour`,
  ),
  style(
    'Line art',
    'line art of {prompt}, clean even outlines, white background',
    `${PHOTOGRAPHED}, shading, colour`,
  ),
  style(
    'Woodblock print',
    'ukiyo-e woodblock print of {prompt}, flat colours, bold outlines, patterned paper',
    PHOTOGRAPHED,
  ),
  style(
    'Art deco poster',
    'art deco poster of {prompt}, geometric shapes, gold and black, stylised',
    PHOTOGRAPHED,
  ),
  style(
    'Digital painting',
    'digital painting of {prompt}, matte painting, detailed, atmospheric light',
    PHOTOGRAPHED,
  ),
  style(
    'Concept art',
    'concept art of {prompt}, sense of scale, atmospheric perspective, moody sky',
    PHOTOGRAPHED,
  ),
  style('Comic', 'comic book panel of {prompt}, bold ink, halftone dots, flat bright colours', PHOTOGRAPHED),
  style('Anime', 'anime illustration of {prompt}, cel shading, clean lines, vivid colours', PHOTOGRAPHED),
  style('Picture book', 'picture book illustration of {prompt}, gouache, warm colours, gentle', PHOTOGRAPHED),
  // Made of something.
  style(
    'Pixel art',
    'pixel art of {prompt}, low resolution, limited palette, 16 bit',
    `${PHOTOGRAPHED}, blurry, smooth`,
  ),
  style('Isometric', 'isometric view of {prompt}, small diorama, soft shadows, plain background'),
  style('Low poly', 'low poly 3d model of {prompt}, flat shaded facets, simple shapes'),
  style('Clay', 'stop motion figure of {prompt}, modelling clay, finger prints, studio light'),
  style('Cut paper', 'layered cut paper of {prompt}, paper texture, soft shadows between layers'),
  style('Origami', 'origami of {prompt}, folded paper, crisp creases, plain background'),
  style('Stained glass', 'stained glass window of {prompt}, lead lines, glowing colours'),
  style('Embroidery', 'embroidery of {prompt}, coloured thread on linen, visible stitches'),
  // Worlds.
  style('Fantasy', '{prompt}, high fantasy, magical light, ancient, epic landscape'),
  style('Cyberpunk', '{prompt}, cyberpunk city, neon signs, rain, reflections, night'),
  style('Steampunk', '{prompt}, steampunk, brass, cogs, steam, Victorian'),
  style('Dark and quiet', '{prompt}, fog, muted colours, melancholy, sparse', 'bright, cheerful, crowded'),
];

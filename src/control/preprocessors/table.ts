// The preprocessors of sd-webui-controlnet 1.1.455 with their sliders and tags, in the order of its menu, and who computes each here.
import type { MapKind } from '../../models/annotators/kinds.ts';

export interface Slider {
  readonly label: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
  /** What it stands at unless it is moved. */
  readonly value: number;
}

/**
 * "here": no network is needed. A kind of file: that is run. "map": the extension runs a network that is not here, so the person
 * brings the finished map. "clip-vision": CLIP looks at the picture for an IP-Adapter, no picture comes out. "embedding": neither does
 * one, and it is not here.
 */
export type ComputedBy = MapKind | 'here' | 'map' | 'clip-vision' | 'embedding';

export interface Preprocessor {
  /** What it is called in the extension's code. */
  readonly name: string;
  /** ... and in its menu. */
  readonly label: string;
  /** Control types it is listed under. */
  readonly tags: readonly string[];
  readonly by: ComputedBy;
  /** Of the shortest side; null where the picture keeps its size. */
  readonly resolution: Slider | null;
  /** "Threshold A" and "Threshold B" in parameters, in order; 0, 1 or 2 of them. */
  readonly sliders: readonly Slider[];
  /** A mask says what is painted, or looked at. */
  readonly acceptsMask: boolean;
  /** Runs without a control network. */
  readonly needsNoModel: boolean;
  readonly showsControlMode: boolean;
  /** It works on the latent while that is sampled, too. */
  readonly steersSampling: boolean;
}

/** The one that leaves it to the IP-Adapter which CLIP looks at the picture. */
export const IP_ADAPTER_AUTO = 'ip-adapter-auto';

/** The extension's value of sliders that are not shown. */
export const HIDDEN_SLIDER = 0.5;

interface Entry extends Partial<Omit<Preprocessor, 'resolution'>> {
  readonly name: string;
  readonly tags: readonly string[];
  readonly by: ComputedBy;
  /** In pixels, where it is not 512; null without that slider. */
  readonly resolution?: number | null;
}

function slider(label: string, minimum: number, maximum: number, step: number, value: number): Slider {
  return { label, minimum, maximum, step, value };
}

const STEERING = /^(?:inpaint_only|tile_colorfix|reference_)/;

function entry({ resolution = 512, ...rest }: Entry): Preprocessor {
  return {
    label: rest.name,
    sliders: [],
    acceptsMask: false,
    needsNoModel: false,
    showsControlMode: true,
    steersSampling: STEERING.test(rest.name),
    ...rest,
    resolution: resolution === null ? null : slider('Resolution', 64, 2048, 8, resolution),
  };
}

const SAFE_STEPS = [slider('Safe Steps', 0, 10, 1, 2)];
const REMOVE = [slider('Remove Near %', 0, 100, 0.1, 0), slider('Remove Background %', 0, 100, 0.1, 0)];
const NOISE = [slider('Noise Augmentation', 0, 1, 0.01, 0)];
const GAMMA = [slider('Gamma Correction', 0.1, 2, 0.001, 1)];
const FIDELITY = [slider('Style Fidelity (only for Balanced mode)', 0, 1, 0.01, 0.5)];

export const PREPROCESSORS: readonly Preprocessor[] = [
  entry({ name: 'none', tags: ['InstructP2P'], by: 'here' }),
  entry({ name: IP_ADAPTER_AUTO, tags: ['IP-Adapter'], by: 'clip-vision', showsControlMode: false }),
  entry({
    name: 'tile_resample',
    tags: ['Tile'],
    by: 'here',
    sliders: [slider('Down Sampling Rate', 1, 8, 0.01, 1)],
  }),
  entry({ name: 'pidinet', label: 'softedge_pidinet', tags: ['SoftEdge'], by: 'pidinet' }),
  entry({ name: 'oneformer_ade20k', label: 'seg_ofade20k', tags: ['Segmentation'], by: 'map' }),
  entry({
    name: 'pidinet_scribble',
    label: 'scribble_pidinet',
    tags: ['Scribble', 'SparseCtrl'],
    by: 'pidinet',
  }),
  entry({
    name: 'revision_clipvision',
    tags: ['Revision'],
    by: 'embedding',
    sliders: NOISE,
    needsNoModel: true,
    showsControlMode: false,
  }),
  entry({ name: 'reference_only', tags: ['Reference'], by: 'here', sliders: FIDELITY, needsNoModel: true }),
  entry({ name: 'recolor_luminance', tags: ['Recolor'], by: 'here', sliders: GAMMA }),
  entry({ name: 'openpose_full', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'normal_bae', tags: ['NormalMap'], by: 'map' }),
  entry({
    name: 'mlsd',
    tags: ['MLSD'],
    by: 'map',
    sliders: [
      slider('MLSD Value Threshold', 0.01, 2, 0.01, 0.1),
      slider('MLSD Distance Threshold', 0.01, 20, 0.01, 0.1),
    ],
  }),
  entry({
    name: 'lineart_standard',
    label: 'lineart_standard (from white bg & black line)',
    tags: ['Lineart'],
    by: 'here',
  }),
  entry({
    name: 'ip-adapter_clip_sd15',
    label: 'ip-adapter_clip_h',
    tags: ['IP-Adapter'],
    by: 'clip-vision',
    acceptsMask: true,
    showsControlMode: false,
  }),
  entry({ name: 'inpaint_only', tags: ['Inpaint'], by: 'here', resolution: null, acceptsMask: true }),
  entry({ name: 'depth', label: 'depth_midas', tags: ['Depth'], by: 'map' }),
  entry({
    name: 'canny',
    tags: ['Canny'],
    by: 'here',
    sliders: [slider('Low Threshold', 1, 255, 1, 100), slider('High Threshold', 1, 255, 1, 200)],
  }),
  entry({
    name: 'invert',
    label: 'invert (from white bg & black line)',
    tags: ['Canny', 'Lineart', 'Scribble', 'MLSD'],
    by: 'here',
    resolution: null,
  }),
  entry({
    name: 'tile_colorfix+sharp',
    tags: ['Tile'],
    by: 'here',
    sliders: [slider('Variation', 3, 32, 1, 8), slider('Sharpness', 0, 2, 0.01, 1)],
  }),
  entry({ name: 'tile_colorfix', tags: ['Tile'], by: 'here', sliders: [slider('Variation', 3, 32, 1, 8)] }),
  entry({
    name: 'threshold',
    tags: [],
    by: 'here',
    sliders: [slider('Binarization Threshold', 0, 255, 0.01, 127)],
  }),
  entry({
    name: 'clip_vision',
    label: 't2ia_style_clipvision',
    tags: ['T2I-Adapter'],
    by: 'embedding',
    showsControlMode: false,
  }),
  entry({ name: 'pidinet_sketch', label: 't2ia_sketch_pidi', tags: ['T2I-Adapter'], by: 'pidinet' }),
  entry({ name: 'color', label: 't2ia_color_grid', tags: ['T2I-Adapter'], by: 'here' }),
  entry({ name: 'softedge_teed', tags: ['SoftEdge'], by: 'map', sliders: SAFE_STEPS }),
  entry({ name: 'pidinet_safe', label: 'softedge_pidisafe', tags: ['SoftEdge'], by: 'pidinet' }),
  entry({ name: 'hed_safe', label: 'softedge_hedsafe', tags: ['SoftEdge'], by: 'hed' }),
  entry({ name: 'hed', label: 'softedge_hed', tags: ['SoftEdge'], by: 'hed' }),
  entry({ name: 'softedge_anyline', tags: ['SoftEdge'], by: 'map', resolution: 1280, sliders: SAFE_STEPS }),
  entry({ name: 'shuffle', tags: ['Shuffle'], by: 'here', resolution: null }),
  entry({ name: 'segmentation', label: 'seg_ufade20k', tags: ['Segmentation'], by: 'map' }),
  entry({ name: 'oneformer_coco', label: 'seg_ofcoco', tags: ['Segmentation'], by: 'map' }),
  entry({ name: 'anime_face_segment', label: 'seg_anime_face', tags: ['Segmentation'], by: 'map' }),
  entry({
    name: 'scribble_xdog',
    tags: ['Scribble', 'SparseCtrl'],
    by: 'here',
    sliders: [slider('XDoG Threshold', 1, 64, 0.01, 32)],
  }),
  entry({ name: 'scribble_hed', tags: ['Scribble', 'SparseCtrl'], by: 'hed' }),
  entry({
    name: 'revision_ignore_prompt',
    tags: ['Revision'],
    by: 'embedding',
    sliders: NOISE,
    needsNoModel: true,
    showsControlMode: false,
  }),
  entry({
    name: 'reference_adain+attn',
    tags: ['Reference'],
    by: 'here',
    sliders: FIDELITY,
    needsNoModel: true,
  }),
  entry({ name: 'reference_adain', tags: ['Reference'], by: 'here', sliders: FIDELITY, needsNoModel: true }),
  entry({ name: 'recolor_intensity', tags: ['Recolor'], by: 'here', sliders: GAMMA }),
  entry({ name: 'openpose_hand', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'openpose_faceonly', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'openpose_face', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'openpose', tags: ['OpenPose'], by: 'openpose-body' }),
  entry({
    name: 'normal_map',
    label: 'normal_midas',
    tags: ['NormalMap'],
    by: 'map',
    sliders: [slider('Normal Background Threshold', 0, 1, 0.01, 0.4)],
  }),
  entry({
    name: 'normal_dsine',
    tags: ['NormalMap'],
    by: 'map',
    sliders: [slider('Fov', 0, 360, 0.1, 60), slider('Iterations', 1, 20, 1, 5)],
  }),
  entry({ name: 'mobile_sam', tags: ['Segmentation'], by: 'map' }),
  entry({
    name: 'mediapipe_face',
    tags: [],
    by: 'map',
    sliders: [slider('Max Faces', 1, 10, 1, 1), slider('Min Face Confidence', 0.01, 1, 0.01, 0.5)],
  }),
  entry({ name: 'lineart', label: 'lineart_realistic', tags: ['Lineart'], by: 'lineart' }),
  entry({ name: 'lineart_coarse', tags: ['Lineart'], by: 'lineart' }),
  entry({ name: 'lineart_anime_denoise', tags: ['Lineart'], by: 'map' }),
  entry({ name: 'lineart_anime', tags: ['Lineart'], by: 'lineart-anime' }),
  entry({ name: 'ip-adapter_pulid', tags: ['IP-Adapter'], by: 'embedding', resolution: null }),
  entry({ name: 'ip-adapter_face_id_plus', tags: ['IP-Adapter'], by: 'embedding', showsControlMode: false }),
  entry({ name: 'ip-adapter_face_id', tags: ['IP-Adapter'], by: 'embedding', showsControlMode: false }),
  entry({
    name: 'ip-adapter_clip_sdxl_plus_vith',
    tags: ['IP-Adapter'],
    by: 'clip-vision',
    acceptsMask: true,
    showsControlMode: false,
  }),
  entry({
    name: 'ip-adapter_clip_sdxl',
    label: 'ip-adapter_clip_g',
    tags: ['IP-Adapter'],
    by: 'clip-vision',
    acceptsMask: true,
    showsControlMode: false,
  }),
  entry({ name: 'instant_id_face_keypoints', tags: ['Instant-ID'], by: 'map' }),
  entry({ name: 'instant_id_face_embedding', tags: ['Instant-ID'], by: 'embedding' }),
  entry({ name: 'inpaint_only+lama', tags: ['Inpaint'], by: 'map', resolution: null, acceptsMask: true }),
  entry({
    name: 'inpaint',
    label: 'inpaint_global_harmonious',
    tags: ['Inpaint'],
    by: 'here',
    resolution: null,
    acceptsMask: true,
  }),
  entry({ name: 'facexlib', tags: [], by: 'map', resolution: null }),
  entry({ name: 'dw_openpose_full', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'depth_zoe', tags: ['Depth'], by: 'map' }),
  entry({ name: 'depth_leres++', tags: ['Depth'], by: 'map', sliders: REMOVE }),
  entry({ name: 'depth_leres', tags: ['Depth'], by: 'map', sliders: REMOVE }),
  entry({ name: 'depth_hand_refiner', tags: ['Depth'], by: 'map' }),
  entry({ name: 'depth_anything_v2', tags: ['Depth'], by: 'depth-anything-v2' }),
  entry({ name: 'depth_anything', tags: ['Depth'], by: 'map' }),
  entry({
    name: 'densepose_parula',
    label: 'densepose_parula (black bg & blue torso)',
    tags: ['OpenPose'],
    by: 'map',
  }),
  entry({ name: 'densepose', label: 'densepose (pruple bg & purple torso)', tags: ['OpenPose'], by: 'map' }),
  entry({ name: 'blur_gaussian', tags: ['Tile'], by: 'here', sliders: [slider('Sigma', 0.01, 64, 0.01, 9)] }),
  entry({ name: 'animal_openpose', tags: ['OpenPose'], by: 'map' }),
];

/** By its label or its name, as parameters and other programs tell it; null for another. */
export function findPreprocessor(wanted: string): Preprocessor | null {
  return (
    PREPROCESSORS.find(({ label }) => label === wanted) ??
    PREPROCESSORS.find(({ name }) => name === wanted) ??
    null
  );
}

/** The control types that preprocessors are listed under, besides "All". */
export const CONTROL_TAGS: readonly string[] = [...new Set(PREPROCESSORS.flatMap(({ tags }) => tags))].sort();

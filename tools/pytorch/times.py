"""Times Stable Diffusion's networks in PyTorch, as a yardstick for `npm run bench-gpu`, which runs this.

The argument is JSON: sizes of the networks (as in ../demo-model/networks.py), width, height, batch, runs. The last line printed
is JSON: milliseconds of each run, the first of which is the slow one. Weights are random: how long it takes does not depend on
them. float16, channels_last, scaled_dot_product_attention, eager; the text encoder in float32, as Darkroom has it.
"""
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "demo-model"))


def main():
    options = json.loads(sys.argv[1])
    try:
        import torch
    except ImportError:
        sys.exit("this Python has no PyTorch.")
    if not torch.cuda.is_available():
        sys.exit("PyTorch sees no graphics card.")
    from networks import ClipText, Decoder, UNet

    device, half = torch.device("cuda"), torch.float16
    torch.manual_seed(0)
    batch, height, width = options["batch"], options["height"] // 8, options["width"] // 8
    random = lambda *shape: torch.randn(*shape, device=device, dtype=half)

    @torch.inference_mode()
    def measure(build, dtype, *inputs):
        network = build().to(device, dtype, memory_format=torch.channels_last).eval()
        found = []
        for _ in range(options["runs"] + 1):
            torch.cuda.synchronize()
            start = time.perf_counter()
            network(*inputs)
            torch.cuda.synchronize()
            found.append(1000 * (time.perf_counter() - start))
        del network
        torch.cuda.empty_cache()
        return found

    text, unet, vae = options["text"], options["unet"], options["vae"]
    tokens = torch.randint(0, text["vocabulary"], (1, text["positions"]), device=device)
    latents = random(batch, 4, height, width).contiguous(memory_format=torch.channels_last)
    steps = torch.full((batch,), 500, device=device)
    context = random(batch, text["positions"], unet["context"])
    latent = random(1, vae["latent"], height, width).contiguous(memory_format=torch.channels_last)
    networks = {
        "text": measure(lambda: ClipText(**text), torch.float32, tokens),
        "unet": measure(lambda: UNet(**unet), half, latents, steps, context),
        "vae-decoder": measure(lambda: Decoder(**vae), half, latent),
    }
    what = f"{torch.__version__}, {torch.cuda.get_device_name()}, float16, channels_last"
    print(json.dumps({"what": what, "networks": networks}))


if __name__ == "__main__":
    main()

"""Prints, as JSON, what PyTorch sees and the ceilings it reaches there: the device facts of `npm run bench-gpu`.

  torch, device   versions and name; "cpu" without a card
  memory          bytes of the card's, or null
  cuda            of PyTorch, or null
  matmul          TFLOP/s of an 8192 x 8192 x 8192 product: {"float16", "tf32", "float32"}; null without a card
  copy            GB/s, read and written, of a copy within the card's memory; null without a card
"""
import json
import sys


def main():
    try:
        import torch
    except ImportError:
        sys.exit("this Python has no PyTorch.")
    found = {"torch": torch.__version__, "device": "cpu", "memory": None, "cuda": None, "matmul": None, "copy": None}
    if torch.cuda.is_available():
        found["device"] = torch.cuda.get_device_name()
        found["memory"] = torch.cuda.get_device_properties(0).total_memory
        found["cuda"] = torch.version.cuda or torch.version.hip
        try:
            found["matmul"] = {name: products(torch, name) for name in ("float16", "tf32", "float32")}
            found["copy"] = copies(torch)
        except RuntimeError as error:
            print(str(error).splitlines()[0], file=sys.stderr)
    print(json.dumps(found))


def typical(torch, work, runs=10):
    """Seconds of the middle run."""
    times = []
    for run in range(runs + 3):
        before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        before.record()
        work()
        after.record()
        after.synchronize()
        if run >= 3:
            times.append(before.elapsed_time(after) / 1000)
    return sorted(times)[len(times) // 2]


def products(torch, name):
    size = 8192
    torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
    kind = torch.float16 if name == "float16" else torch.float32
    a, b = (torch.randn(size, size, device="cuda", dtype=kind) for _ in range(2))
    return 2 * size**3 / typical(torch, lambda: a @ b) / 1e12


def copies(torch):
    bytes = 1 << 30
    source = torch.randint(0, 255, (bytes,), device="cuda", dtype=torch.uint8)
    target = torch.empty_like(source)
    return 2 * bytes / typical(torch, lambda: target.copy_(source)) / 1e9


if __name__ == "__main__":
    main()

"""Prints PyTorch's version, or says that this Python has none."""
import sys

try:
    import torch
except ImportError:
    sys.exit("this Python has no PyTorch.")
print(torch.__version__, "on", torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU")

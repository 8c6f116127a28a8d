#!/bin/sh
# Times Stable Diffusion's networks on this machine's graphics card: sh run.sh --minutes 8 [--vulkan DIR] [--out DIR]
# [--models sd15,sdxl] [--tiny]. See README.md beside this.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
for python in "$PYTHON" python3 python; do
  if [ -n "$python" ] && command -v "$python" >/dev/null 2>&1; then
    exec "$python" "$here/start.py" "$@"
  fi
done
echo "There is no python3 here, which unpacks the benchmark (PYTHON=/path/to/python3 names one)." >&2
exit 1

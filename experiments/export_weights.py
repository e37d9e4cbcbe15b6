"""Make the package's trained models from what the experiments left.

An experiment hands a model over with `keep`. This program casts it, writes
``lstm_utils/weights/NAME.safetensors`` and prints the SHA-256 that
``lstm_utils/models/pretrained.py`` has to state; from the same checkpoint it makes the same file,
byte for byte.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save as to_bytes

from lstm_utils import command_line
from lstm_utils.models.pretrained import SHA256, open_weights, weights_path

from .runs import HERE, write_atomically

# Half the bytes where they are many: rounding to float16 moves a weight by 0.05 % at most. Those of
# the two that read reviews have come as 8-bit integers, made by `to_int8`.
STORED_AS = {
    "marked-product": np.float32,
    "sentiment": np.int8,
    "reading": np.int8,
    "headlines": np.float16,
    "parity": np.float32,
}
LICENCES = {
    "marked-product": "MIT; trained on generated sequences",
    "sentiment": "MIT; trained on the Naver Sentiment Movie Corpus (CC0 1.0)",
    "reading": "MIT; trained on the Naver Sentiment Movie Corpus (CC0 1.0)",
    "parity": "MIT; trained on random bits",
    "headlines": "CC BY-NC-SA 4.0, as the New York Times Comments that it was trained on",
}
LARGEST_TOGETHER = 6_000_000  # bytes


def handed_over(name, checkpoints):
    """Where an experiment leaves a model."""
    return Path(checkpoints) / "pretrained" / f"{name}.safetensors"


def to_file(arrays, model):
    """Bytes of a safetensors file: the same for the same arrays and description.

    The description is one entry of the header, since safetensors writes several in a random order.
    """
    text = json.dumps(model, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return to_bytes({name: np.array(a, order="C") for name, a in arrays.items()}, {"model": text})


def to_int8(arrays):
    """Arrays as integers from −127 to 127, and the scale that gives each its size back.

    The scales are float32 numbers, so that every library multiplies by the same.
    """
    scales = {name: float(np.float32(np.abs(a).max() / 127)) for name, a in arrays.items()}
    whole = {name: np.rint(a / scales[name]).astype(np.int8) for name, a in arrays.items()}
    return whole, scales


def keep(name, run, arrays, checkpoints=HERE / "checkpoints", **extras):
    """Hand a trained model over: leave its weights, arrays by name, where this program finds them.

    `run` is the run that trained it, `extras` what else it needs, as JSON can hold it.
    """
    model = {
        "experiment": run.experiment,
        "run": run.name,
        "seed": run.seed,
        "recipe": run.recipe_json,
        "recipe_sha256": run.recipe_sha256,
        **extras,
    }
    write_atomically(handed_over(name, checkpoints), to_file(arrays, model))


def export(name, checkpoints=HERE / "checkpoints", target=None):
    """Write one model's file, the package's own if no `target`: its SHA-256 and its bytes.

    Raises FileNotFoundError if no experiment has handed the model over, and ValueError if a weight
    is not finite, or too large for the type that it is stored as.
    """
    source = handed_over(name, checkpoints)
    if not source.exists():
        raise FileNotFoundError(
            f"{source} is missing: the experiment that trains {name} leaves it there"
        )
    model, arrays = open_weights(source)
    with np.errstate(over="ignore"):
        cast = {key: array.astype(STORED_AS[name]) for key, array in arrays.items()}
    broken = [key for key, array in cast.items() if not np.isfinite(array).all()]
    if broken:
        raise ValueError(f"{name}: {', '.join(broken)} can't be stored as {STORED_AS[name]}")
    content = to_file(cast, {**model, "name": name, "licence": LICENCES[name]})
    write_atomically(Path(target or weights_path(name)), content)
    return hashlib.sha256(content).hexdigest(), len(content)


def main(argv=None):
    parser = command_line.parser(__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(STORED_AS)}; or all"
    )
    told = "where the experiments left them"
    parser.add_argument(
        "--checkpoints", type=command_line.path, default=HERE / "checkpoints", help=told
    )
    arguments = parser.parse_args(argv)
    unknown = sorted(set(arguments.names) - set(STORED_AS))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; there are {', '.join(STORED_AS)}")
    for name in arguments.names or STORED_AS:
        digest, size = export(name, arguments.checkpoints)
        stated = "as stated" if digest == SHA256.get(name) else "write it into models/pretrained.py"
        print(f"{name:16}{size:>10,} bytes  {digest}  {stated}")


if __name__ == "__main__":
    command_line.run(main)

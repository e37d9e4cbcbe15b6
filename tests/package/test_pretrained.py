"""The trained models: their files, the checks on loading, and the same outputs in two libraries."""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from experiments import export_weights as maker
from experiments.runs import Run, sha256
from lstm_utils import corpora
from lstm_utils.live import FIGURES
from lstm_utils.models import pretrained
from lstm_utils.models.marked_product import marked_product, share_within
from lstm_utils.models.parity import parity_batch
from lstm_utils.models.pretrained import SHA256, load_pretrained, read_weights, weights_path
from lstm_utils.models.reviews import equal_length_batches
from lstm_utils.records import load_records, metric
from lstm_utils.text import clean_headline
from tools.contents import ROOT

every_model = pytest.mark.parametrize("name", SHA256)


@pytest.fixture
def reviews():
    """Texts of the real corpus where it is there, of the sample elsewhere."""
    return corpora.load_nsmc("test").texts[:200]


@pytest.fixture
def headlines():
    return [clean_headline(text) for text in corpora.load_headlines().texts[:50]]


def relative(a, b):
    """The largest difference, in units of the largest output."""
    return np.abs(a - b).max() / np.abs(b).max()


# --- The same outputs ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lstm", "signed", "positive"])
def test_the_parity_networks_give_the_same_in_pytorch_and_numpy(kind):
    import torch

    model, (bits, parity) = load_pretrained("parity"), parity_batch(50, 60, 3)
    with torch.no_grad():
        want = model.torch(kind)(torch.from_numpy(bits)).numpy()
    assert relative(model.numpy(kind)(bits)[1], want) < 1e-5
    right = (model.predict(bits, kind) == (parity == 1)).mean()
    assert right > 0.99 if kind != "positive" else 0.4 < right < 0.65


def test_a_parity_network_that_is_none_is_refused():
    model = load_pretrained("parity")
    for kind in ("gru", None, ["lstm"]):
        with pytest.raises(ValueError, match="lstm, signed, positive"):
            model.of(kind)
    with pytest.raises(ValueError, match="not linear"):
        model.steps("lstm")
    with pytest.raises(ValueError, match="bits"):
        model.predict([[0, 2]])


@pytest.mark.parametrize("length", [7, 100])
def test_the_marked_product_model_gives_the_same_in_keras_and_numpy(length):
    model, examples = load_pretrained("marked-product"), marked_product(64, length, 1)
    answers = model.keras()(examples.x).numpy()[:, 0]
    assert model.predict(examples.x).dtype == np.float32
    assert relative(model.predict(examples.x), answers) < 1e-5


def test_the_sentiment_model_gives_the_same_in_keras_and_numpy(reviews):
    model = load_pretrained("sentiment")
    encoded, network = model.encode([*reviews, "", "굿"]), model.keras()
    scores = np.zeros(len(encoded), np.float32)
    for rows in equal_length_batches(encoded.steps, 500):
        scores[rows] = network(*encoded.batch(rows))
    assert relative(model.numpy()(encoded), scores) < 1e-5
    probability = model.predict([*reviews, "굿"])
    np.testing.assert_allclose(probability, 1 / (1 + np.exp(-np.delete(scores, 200))), atol=1e-5)


def test_the_reading_model_gives_the_same_in_keras_and_numpy_after_each_step(reviews):
    model = load_pretrained("reading")
    texts = [*reviews, "", "굿", "😀 뷁!", unicodedata.normalize("NFD", reviews[0])]
    encoded, network = model.encode(texts), model.keras()
    with pytest.warns(UserWarning, match="index 200"):
        ours, probability = model.numpy()(encoded), model.predict(texts)
    for rows in equal_length_batches(encoded.steps, 500):
        theirs = network(*encoded.batch(rows)).numpy()
        np.testing.assert_allclose([ours[row] for row in rows], theirs, atol=1e-5)
        expected = 1 / (1 + np.exp(-theirs[:, -1]))
        expected[rows == 200] = np.nan
        np.testing.assert_allclose(probability[rows], expected, atol=1e-5)
    assert probability[-1] == probability[0], "letters that were taken apart are put together"


def test_what_the_reading_model_says_of_a_prefix_does_not_know_the_rest():
    model, text = load_pretrained("reading"), "처음엔 지루했는데 마지막에 펑펑 울었어요"
    characters, known, p = model.read(text)
    assert characters == f" {text} "
    assert known.all()
    for end in (1, 3, 8, 14):
        np.testing.assert_allclose(model.read(text[:end])[2][:-1], p[: end + 1], atol=1e-6)
    assert p[-1] == model.predict([text])[0]
    characters, known, p = model.read("😀 뷁!")
    assert (characters, known.tolist()) == (" 뷁! ", [True, False, True, True])
    assert np.isfinite(p).all()


def test_the_headlines_model_gives_the_same_in_pytorch_and_numpy(headlines):
    torch = pytest.importorskip("torch")
    from lstm_utils.models.headlines_torch import headline_bits

    model = load_pretrained("headlines")
    network, read, tokeniser = model.torch(), model.numpy(), model.tokeniser()
    for text in headlines[:10]:
        tokens = torch.tensor([tokeniser.encode(text)])
        with torch.no_grad():
            scores, (h, c) = network(tokens)
        ours, (our_h, our_c) = read(tokens.numpy())
        assert relative(ours, scores.numpy()) < 1e-5
        assert relative(our_h, h[0].numpy()) < 1e-5
        assert relative(our_c, c[0].numpy()) < 1e-5
    bits = headline_bits(network, tokeniser, headlines)
    np.testing.assert_allclose(model.bits(headlines), bits, rtol=1e-5)


def test_the_headlines_model_goes_on_from_a_state():
    model = load_pretrained("headlines")
    read, tokens = model.numpy(), np.array([model.tokeniser().encode("the end of an age")])
    whole, _ = read(tokens)
    first, state = read(tokens[:, :4])
    second, _ = read(tokens[:, 4:], state)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-5)


def test_the_headlines_model_writes_what_its_seed_says():
    model = load_pretrained("headlines")
    once, again = (model.write(4, 0.7, "how to", seed=3) for _ in range(2))
    assert once == again != model.write(4, 0.7, "how to", seed=4)
    assert all(text.startswith("how to") for text in once)
    cold = model.write(3, 1e-4, seed=5)
    assert len(set(cold)) == 1, "close to temperature 0 it is greedy"


def test_every_next_token_has_its_probability():
    model = load_pretrained("headlines")
    scores, _ = model.numpy()([model.tokeniser().encode("a sea")])
    p = np.exp(scores[0].astype(np.float64))
    drawn = model.write(300, 1.0, "a sea", longest=1)
    pieces = model.tokeniser().vocabulary.tokens
    likeliest = pieces[3 + (p[-2, 3:]).argmax()]
    share = np.mean([text == ("a sea" + likeliest).strip() for text in drawn])
    expected = p[-2, 3:].max() / p[-2, 3:].sum()
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 300) + 1e-9


@pytest.mark.parametrize("name", ["sentiment", "reading"])
def test_a_keras_network_writes_the_names_and_arrays_that_its_file_holds(name):
    model = load_pretrained(name)
    layers = model.keras().layers_by_name()
    stored = pretrained.to_names({key: layer.get_weights() for key, layer in layers.items()})
    assert stored.keys() == model.arrays.keys()
    for key, array in stored.items():
        np.testing.assert_array_equal(array, model.arrays[key], err_msg=key)


# --- As good as their records say ----------------------------------------------------------


def same_file(record, path):
    """Whether the record's data is the file at hand."""
    path = Path(path)
    return record["data"]["sha256"].get(path.name) == sha256(path)


def test_the_marked_product_model_scores_as_its_record_says():
    model, examples = load_pretrained("marked-product"), marked_product(10_000, 100, 12345)
    metrics, answers = model.record()["metrics"], model.predict(examples.x)
    assert np.mean((answers - examples.y) ** 2) == pytest.approx(metrics["test_mse"], rel=1e-3)
    share = share_within(answers, examples.y)
    assert share == pytest.approx(metrics["share_within_0_04"], abs=2e-4)


def test_the_sentiment_model_scores_as_its_record_says():
    model, reviews = load_pretrained("sentiment"), corpora.load_nsmc("test")
    if not same_file(model.record(), reviews.path):
        pytest.skip("another corpus than the one of the record")
    right = (model.predict(reviews.texts[:3000]) > 0.5) == reviews.labels[:3000]
    assert right.mean() == pytest.approx(model.record()["metrics"]["accuracy"], abs=0.02)


def test_the_reading_model_scores_as_its_record_says():
    model, reviews = load_pretrained("reading"), corpora.load_nsmc("test")
    if not same_file(model.record(), reviews.path):
        pytest.skip("another corpus than the one of the record")
    scores = np.array([each[-1] for each in model.numpy()(model.encode(reviews.texts))])
    right = (scores > 0) == reviews.labels  # the record judges wordless reviews too
    assert right.mean() == pytest.approx(model.record()["metrics"]["accuracy"], abs=1e-4)


def test_the_headlines_model_scores_as_its_record_says():
    from experiments.headlines_data import load_corpus
    from lstm_utils.models.headlines import bits_per_character

    model = load_pretrained("headlines")
    if not all(same_file(model.record(), path) for path in corpora.load_headlines().paths):
        pytest.skip("another corpus than the one of the record")
    held_out = load_corpus().headlines["test"]
    bits = bits_per_character(model.bits(held_out), held_out)
    assert bits == pytest.approx(model.record()["metrics"]["bits_per_character"], abs=2e-3)


# --- The files ----------------------------------------------------------------------------


def test_together_they_take_at_most_six_megabytes():
    sizes = [weights_path(name).stat().st_size for name in SHA256]
    assert sum(sizes) <= maker.LARGEST_TOGETHER
    assert sorted(p.stem for p in pretrained.WEIGHTS.glob("*.safetensors")) == sorted(SHA256)


@every_model
def test_a_file_is_arrays_and_a_description_and_nothing_else(name):
    content = weights_path(name).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert set(header.pop("__metadata__")) == {"model"}
    assert {entry["dtype"] for entry in header.values()} <= {"F16", "F32", "I8"}
    ends = sorted(entry["data_offsets"] for entry in header.values())
    assert [a for a, _ in ends] == [0, *[b for _, b in ends[:-1]]]
    assert 8 + length + ends[-1][1] == len(content)


@every_model
def test_a_model_says_where_it_comes_from(name):
    model = load_pretrained(name)
    assert model.name == model.metadata["name"] == name
    assert model.metadata["licence"]
    record = model.record()
    assert record["recipe"] == model.metadata["recipe"]
    assert all(array.dtype == np.float32 for array in model.arrays.values())
    assert list(model.arrays) == sorted(model.arrays), "the same order in every process"
    assert model.n_parameters == sum(a.size for a in model.arrays.values()) > 1000


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(ValueError, match="'bert'; there are marked-product, sentiment, reading"):
        load_pretrained("bert")


@pytest.fixture
def copies(tmp_path, monkeypatch):
    shutil.copytree(pretrained.WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(pretrained, "WEIGHTS", tmp_path / "weights")
    return tmp_path / "weights"


def test_a_missing_file_is_named(copies):
    (copies / "headlines.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"headlines\.safetensors are missing"):
        load_pretrained("headlines")


@pytest.mark.parametrize("place", [0, 9, -1])
def test_one_changed_bit_is_found_before_anything_is_read(copies, place):
    path = copies / "marked-product.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    stated = SHA256["marked-product"]
    with pytest.raises(ValueError, match=rf"not the published file.*expected {stated}"):
        load_pretrained("marked-product")


def test_half_a_file_is_found(copies):
    path = copies / "sentiment.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="not the published file"):
        load_pretrained("sentiment")


# --- Making them --------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    rate: float = 0.01
    layers: tuple = (1, 2)


RUN = Run("toy", "small", 1, Recipe())


# What a file of a small reader of reviews holds: fits both kinds.
TOY = {"ngrams": " \n!\n굿", "longest": 2, "units": 2}
TOY |= {"by": "word", "both_directions": False, "pool": False}


def toy_arrays():
    rng = np.random.default_rng(0)
    lstm = {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}
    shapes = {f"forward/{part}": shape for part, shape in lstm.items()}
    shapes |= {"table": (4, 3), "dense/kernel": (2, 1), "dense/bias": (1,)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def toy_file(path, arrays=None, **description):
    """A file of the reading model with 8-bit integers, or with other arrays or descriptions."""
    whole, scales = maker.to_int8(toy_arrays())
    told = {"name": "reading", "licence": "MIT", "experiment": "toy", "run": "small", "seed": 1}
    told |= {"recipe": {}, "scales": scales, **TOY, **description}
    path.write_bytes(maker.to_file(whole if arrays is None else arrays, told))
    return path


def test_what_is_kept_comes_back(tmp_path, monkeypatch):
    monkeypatch.setitem(maker.STORED_AS, "sentiment", np.float16)
    arrays = toy_arrays()
    maker.keep("sentiment", RUN, arrays, tmp_path, **TOY)
    digest, size = maker.export("sentiment", tmp_path, tmp_path / "out.safetensors")
    content = (tmp_path / "out.safetensors").read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (digest, size)
    model = read_weights("sentiment", tmp_path / "out.safetensors")
    metadata = model.metadata
    assert (metadata["run"], metadata["seed"]) == ("small", 1)
    assert metadata["recipe"] == {"rate": 0.01, "layers": [1, 2]}
    assert metadata["ngrams"] == " \n!\n굿"
    for name, array in arrays.items():
        np.testing.assert_array_equal(model.arrays[name], array.astype(np.float16))


@settings(max_examples=50)
@given(arrays(np.float32, (4, 3), elements=st.floats(-1e3, 1e3, width=32)))
def test_integers_and_their_scale_give_an_array_back_to_half_a_step(array):
    array[0, 0] = 1000  # an array of zeros has no scale
    whole, scales = maker.to_int8({"table": array})
    assert whole["table"].dtype == np.int8
    back = whole["table"] * np.float32(scales["table"])
    assert np.abs(back - array).max() <= scales["table"] / 2 * (1 + 1e-5)


def test_integers_are_multiplied_by_their_scale_when_they_are_read(tmp_path):
    whole, scales = maker.to_int8(toy_arrays())
    maker.keep("reading", RUN, whole, tmp_path, scales=scales, **TOY)
    maker.export("reading", tmp_path, tmp_path / "out.safetensors")
    model = read_weights("reading", tmp_path / "out.safetensors")
    for name, array in toy_arrays().items():
        np.testing.assert_allclose(model.arrays[name], array, atol=scales[name] * 0.501)


def test_the_same_checkpoint_makes_the_same_bytes_in_any_process(tmp_path):
    maker.keep("headlines", RUN, toy_arrays(), tmp_path, alphabet=list("abc"), merges=[])
    program = (
        "import sys; from experiments.export_weights import export;"
        "print(export('headlines', sys.argv[1], sys.argv[2])[0])"
    )
    command = [sys.executable, "-c", program, tmp_path, tmp_path / "out.safetensors"]
    digests = {
        subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": s},
        ).stdout
        for s in ("1", "2")
    }
    assert len(digests) == 1
    backwards = dict(reversed(toy_arrays().items()))
    maker.keep("headlines", RUN, backwards, tmp_path, merges=[], alphabet=list("abc"))
    assert maker.export("headlines", tmp_path, tmp_path / "o.safetensors")[0] + "\n" in digests


@pytest.mark.parametrize("value", [np.nan, np.inf, 7e4])
def test_a_weight_that_cannot_be_stored_is_refused(tmp_path, value):
    maker.keep("headlines", RUN, {"table": np.full((2, 2), value, np.float32)}, tmp_path)
    with pytest.raises(ValueError, match="table can't be stored"):
        maker.export("headlines", tmp_path, tmp_path / "out.safetensors")


@pytest.mark.parametrize("content", [b"", b"{}", bytes(64)])
def test_a_checkpoint_that_is_none_is_named(tmp_path, content):
    path = maker.handed_over("headlines", tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"headlines\.safetensors is no file of weights"):
        maker.export("headlines", tmp_path, tmp_path / "out.safetensors")


def test_a_model_that_no_experiment_has_left_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"headlines\.safetensors is missing"):
        maker.main(["--checkpoints", str(tmp_path), "headlines"])


# --- Files that are not what they should be -------------------------------------------------


def without(name):
    return {key: array for key, array in toy_arrays().items() if key != name}


def with_array(name, array):
    whole, _ = maker.to_int8(toy_arrays())
    return {**whole, name: array}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "sentiment"}, "its description names the model 'sentiment'"),
        ({"units": 3}, "dense/kernel: (3, 1) expected, (2, 1) found"),
        ({"units": True}, "'units' in its description must be int; got True (bool)"),
        ({"longest": 9}, "'longest' in its description must be (1, 2, 3, 4); got 9 (int)"),
        ({"ngrams": "!\n \n굿"}, "n-grams must stand in the order of their codes"),
        (
            {"ngrams": " \n!\n12345"},
            "ngrams must have 1 to 4 characters, U+0001 to U+FFFF; got '12345'",
        ),
        ({"ngrams": " \n!"}, "table: (3, 4) expected, (4, 3) found"),
        ({"scales": {}}, "its description must have 'scales', one for each array of integers"),
        ({"seed": None}, "'seed' in its description must be int; got None (NoneType)"),
        ({"arrays": without("table")}, "'scales'"),
        ({"arrays": with_array("more", np.ones(2, np.int8))}, "'scales'"),
        ({"arrays": with_array("table", np.ones((4, 3)))}, "'scales'"),
        (
            {"arrays": with_array("table", np.ones(12, np.int8))},
            "(4, 3) expected, (12,) found",
        ),
        ({"arrays": without("table"), "scales": {}}, "table: (4, 0) expected, nothing found"),
        (
            {"arrays": toy_arrays() | {"a": np.ones(2)}, "scales": {}},
            "a: nothing expected, (2,) found",
        ),
        ({"arrays": toy_arrays() | {"table": np.full((4, 3), np.nan)}, "scales": {}}, "finite"),
        ({"arrays": toy_arrays() | {"table": np.ones((4, 3), bool)}, "scales": {}}, "got bool"),
    ],
)
def test_a_file_that_is_no_such_model_is_named_with_what_was_expected(tmp_path, change, message):
    path = toy_file(tmp_path / "toy.safetensors", **change)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        read_weights("reading", path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", SHA256)
def test_every_shipped_file_is_refused_as_any_other_model(name):
    for other in set(SHA256) - {name}:
        with pytest.raises(ValueError, match=f"of '{other}'.*names the model '{name}'"):
            read_weights(other, weights_path(name))


NO_WEIGHTS = r"x\.safetensors (is no file of weights|has no JSON object 'model'|does not hold)"


def test_what_is_no_safetensors_file_is_named(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(FileNotFoundError, match="is no file: expected weights"):
        read_weights("reading", path)
    with pytest.raises(FileNotFoundError, match="is no file: expected weights"):
        read_weights("reading", tmp_path)
    for wrong in (None, 5, b"x"):
        with pytest.raises(TypeError, match="path must be a file's; got"):
            read_weights("reading", wrong)
    for content in (b"", b"{}", b"\x02\0\0\0\0\0\0\0{}", b"PK\x03\x04" * 9):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=NO_WEIGHTS):
            read_weights("reading", path)
    for text in ("", "[1]", "{", "[" * 100_000, "\ud800"):
        header = json.dumps({"__metadata__": {"model": text}}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header)
        with pytest.raises(ValueError, match=NO_WEIGHTS):
            read_weights("reading", path)
    for kind, size in (("BF16", 4), ("F8_E4M3", 2), ("C64", 16)):
        entry = {"dtype": kind, "shape": [2], "data_offsets": [0, size]}
        header = json.dumps({"__metadata__": {"model": "{}"}, "a": entry}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
        with pytest.raises(ValueError, match=NO_WEIGHTS):
            read_weights("reading", path)


@pytest.fixture(scope="module")
def toy_content(tmp_path_factory):
    return toy_file(tmp_path_factory.mktemp("toy") / "toy.safetensors").read_bytes()


def refused_or_works(content):
    """A file of these bytes is refused by its name, or holds a model that answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "toy.safetensors"
        path.write_bytes(content)
        try:
            model = read_weights("reading", path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017
            return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*hold nothing that the model knows")
        assert model.predict(["굿!", "! 굿 !"]).shape == (2,)


@settings(max_examples=300)
@given(data=st.data())
def test_a_mutilated_file_is_refused_by_name_or_is_a_model_that_works(toy_content, data):
    content = bytearray(toy_content)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(32, 126) | st.integers(0, 255))
    content = content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))]
    refused_or_works(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(key=st.sampled_from([*TOY, "name", "seed", "recipe", "scales"]), value=JSON)
@example(key="longest", value=True)
@example(key="units", value=2)
@example(key="ngrams", value="굿\n\ud800\n\ud801")
def test_any_other_description_is_refused_or_makes_a_model_that_works(toy_content, key, value):
    (length,) = struct.unpack("<Q", toy_content[:8])
    header = json.loads(toy_content[8 : 8 + length])
    told = json.loads(header["__metadata__"]["model"]) | {key: value}
    header["__metadata__"]["model"] = json.dumps(told)
    written = json.dumps(header).encode()
    refused_or_works(struct.pack("<Q", len(written)) + written + toy_content[8 + length :])


@pytest.mark.parametrize(
    "name", [None, 5, ["sentiment"], {}, b"sentiment", "", "Sentiment", "../x"]
)
def test_what_is_no_name_of_a_model_is_told_the_names(name):
    for function in (load_pretrained, weights_path, lambda name: read_weights(name, "x")):
        with pytest.raises(ValueError, match="there are marked-product, sentiment, reading"):
            function(name)


def test_a_record_that_is_none_is_named(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    path = folder / "walk-seed0.json"
    good = {"name": "walk", "seed": 0, "metrics": {"place": 1}}
    for content in (b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"name": "walk"}'):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"walk-seed0\.json is no record of a run"):
            load_records("toy", results=tmp_path)
    for change in ({"seed": "0"}, {"name": None}, {"metrics": []}):
        path.write_text(json.dumps(good | change), encoding="utf-8")
        with pytest.raises(ValueError, match=r"walk-seed0\.json must have a name"):
            load_records("toy", results=tmp_path)
    (folder / "._walk-seed0.json").write_bytes(b"\0")  # a Mac's
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text(json.dumps(good), encoding=encoding)
        assert load_records("toy", "walk", str(tmp_path)) == [good]
    with pytest.raises(KeyError, match="no record of toy run; there are: walk"):
        load_records("toy", "run", tmp_path)
    for experiment in (None, 5, "nothing"):
        with pytest.raises(KeyError, match="there are: none at all"):
            load_records(experiment, results=tmp_path)
    shutil.copy(path, folder / "walk-seed0 (1).json")
    with pytest.raises(
        ValueError, match=r"walk-seed0 \(1\)\.json holds the run 'walk' with seed 0"
    ):
        load_records("toy", results=tmp_path)


def test_a_metric_that_is_not_there_is_told_those_that_are():
    with pytest.raises(KeyError, match="no metric 'nope' in sentiment linear; there are: accuracy"):
        metric("sentiment", "linear", "nope")


# --- In a wheel ---------------------------------------------------------------------------


def test_a_wheel_brings_weights_records_live_figures_and_korean_words(tmp_path):
    """Install the package from a copy of it, and read all from there, far from the checkout."""
    source, target = tmp_path / "source", tmp_path / "installed"
    for name in ("lstm_utils", "experiments/results"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", target]
    subprocess.run([*pip, "install", *options, source], check=True, cwd=tmp_path)
    program = (
        "import lstm_utils, sys; from lstm_utils.models.pretrained import SHA256, load_pretrained;"
        "from lstm_utils.records import load_records; from lstm_utils.live import FIGURES;"
        "names = [load_pretrained(name).record()['name'] for name in SHA256];"
        "print(lstm_utils.__file__, len(load_records('cells')), *names);"
        "print(*(len(figure().html) for figure in FIGURES.values()))\n"
        "from lstm_utils.messages import catalogue; print(catalogue('ko').gettext('Right.'))"
    )
    command = [sys.executable, "-c", program]
    environment = os.environ | {"PYTHONPATH": str(target)}
    found = subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", cwd=tmp_path, env=environment
    ).stdout.split()
    assert found[0] == str(target / "lstm_utils" / "__init__.py")
    assert found[1] == "3"
    live = [str(len(figure().html)) for figure in FIGURES.values()]
    runs = [load_pretrained(name).metadata["run"] for name in SHA256]
    assert found[2:] == [*runs, *live, "맞아요."]

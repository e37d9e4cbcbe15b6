"""The live figure of the network that reads a review, its weights and its measure."""

import html

import numpy as np

from lstm_utils.frameworks import from_keras
from lstm_utils.live.page import assemble, base64_of, choice, measured, slider
from lstm_utils.models.pretrained import load_pretrained

NOTES, OURS = "From the notes", "Ours"
PRESETS = {  # text: (what it says, a gloss of each word, what a reader would say, whose it is)
    "배우, 조연 다 좋은데 영화는 별로네": (
        "the actors are all good, but the film is so-so",
        "actors,|supporting cast|all|good, but|the film|is so-so",
        "negative",
        NOTES,
    ),
    "재미있을 줄 알았는데 완전 실망했어. 너무 졸려, 돈도 아까워": (
        "I expected fun and was let down",
        "would be fun|that|I thought, but|totally|let down.|so|sleepy,|money too|wasted",
        "negative",
        NOTES,
    ),
    "어제 여자친구랑 봤는데 여자친구는 재밌었다는데 나는 재미없더라고": (
        "my girlfriend found it fun, I found it dull",
        "yesterday|with girlfriend|saw it, and|girlfriend|says it was fun|but I|found it dull",
        "negative",
        NOTES,
    ),
    "이게 영화인가 싶었는데 나름 볼만했어": (
        "is this a film, I wondered; in its way worth seeing",
        "is this|a film|I wondered, but|in its way|worth seeing",
        "positive",
        NOTES,
    ),
    "처음엔 지루했는데 마지막 장면에서 펑펑 울었어요": (
        "dull at first, but I cried my eyes out at the end",
        "at first|dull, but|the last|in the scene|floods (of tears)|I cried",
        "positive",
        OURS,
    ),
    "수면제로 추천합니다": (
        "I recommend it as a sleeping pill",
        "as a sleeping pill|I recommend it",
        "negative: it is irony",
        OURS,
    ),
}


def _network(model):
    """The weights as the page gets them: integers in base64, a scale an array."""

    def whole(name):
        return np.rint(model.arrays[name] / np.float32(model.scales[name])).astype(np.int8)

    def told(scale_of, integers):
        return {"scale": model.scales[scale_of], "integers": base64_of(integers, np.int8)}

    layer = [whole(f"forward/{part}") for part in ("kernel", "recurrent_kernel", "bias")]
    params = from_keras(layer)  # only moves numbers: whole ones stay whole
    return {
        "units": params.hidden_size,
        "size": params.input_size,
        "longest": model.metadata["longest"],
        "ngrams": model.metadata["ngrams"],
        "arrays": {
            "W_h": told("forward/recurrent_kernel", params.W_h),
            "W_x": told("forward/kernel", params.W_x),
            "b": told("forward/bias", params.b),
            "table": told("table", whole("table")),
            "dense": told("dense/kernel", whole("dense/kernel")),
            "bias": told("dense/bias", whole("dense/bias")),
        },
    }


def _gloss(text, preset):
    """A preset's words, each with its meaning, as the script writes them too."""
    _, gloss, says, whose = preset
    words = "".join(
        f'<span><b lang="ko">{html.escape(word)}</b> <i>{html.escape(meaning)}</i></span>'
        for word, meaning in zip(text.split(" "), gloss.split("|"), strict=True)
    )
    return f"{words}<span>{whose}; a reader would say {says}.</span>"


def reading_review():
    """A network that reads Korean film reviews, at work on your text, syllable by syllable.

    The network is ``load_pretrained("reading")``; it starts with one of the notes' sentences.
    """
    model = load_pretrained("reading")
    test = measured("reading-review")
    half = next(p for p in model.record()["metrics"]["prefixes"] if p["share"] == 0.5)
    presets = [
        {"text": text, "gloss": gloss.split("|"), "says": says, "from": whose}
        for text, (_, gloss, says, whose) in PRESETS.items()
    ]
    options = {k: meaning for k, (meaning, *_) in enumerate(PRESETS.values())}
    first = next(iter(PRESETS))
    low, high = test["interval"]
    network = _network(model)
    units = {"lead": "the unit that weighs most", "mean": "all units, their mean"}
    units |= {k: f"unit {k}" for k in range(1, network["units"] + 1)}
    return assemble(
        "reading-review",
        question="When does a reader make up its mind?",
        shows=(
            "A Korean review, syllable after syllable: the actors are all good, but the film is "
            "so-so. Above it the probability of a positive review rises at “good” and falls at "
            "“so-so”; below it bars say which syllables pull the outcome which way, and three "
            "lines show the gates."
        ),
        moves="Type a review in Korean, and follow the probability, the gates and the gradient.",
        controls=[
            choice("preset", "Example", options | {"own": "your own text"}).replace(
                '"live-control"', '"live-control live-whole"'
            ),
            '<div class="live-control live-whole"><label><span>Review, in Korean (type here)</span>'
            '<textarea data-name="text" lang="ko" rows="2" spellcheck="false" autocomplete="off" '
            f'autocapitalize="off">{html.escape(first)}</textarea></label></div>',
            f'<div class="live-gloss" data-gloss>{_gloss(first, PRESETS[first])}</div>',
        ],
        after=[
            slider("step", "syllable", 1, len(first) + 2, 1, len(first), "gradient"),
            choice(
                "paint",
                "Under the text",
                {"pull": "gradient × input: which way", "norm": "size of the gradient"},
            ),
            choice("unit", "Gates of", units),
        ],
        uses=("data", "lstm", "lstm-backward"),
        data={"presets": presets, "network": network},
        heights=(304, 458),
        lines=(4, 9),
        note=(
            f"Measured with this page's own arithmetic on all {test['reviews']:,} test "
            f"reviews: {100 * test['accuracy']:.1f} % of the verdicts are right (95 % "
            f"interval {100 * low:.1f} to {100 * high:.1f} %); with half of a review's "
            f"characters read, {100 * half['accuracy']:.1f} %. It takes irony at its word, often "
            "misses a second negation, and gives a verdict on any text, film review or not."
        ),
    )

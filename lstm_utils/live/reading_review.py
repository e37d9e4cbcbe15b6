"""The live figure of the network that reads a review, its weights and its measure."""

import html

import numpy as np

from lstm_utils.frameworks import from_keras
from lstm_utils.live.page import assemble, base64_of, choice, measured, slider
from lstm_utils.messages import translate as _
from lstm_utils.models.pretrained import load_pretrained


def presets():
    """The example reviews, in the reader's language.

    Returns
    -------
    dict
        Each text with what it says, a gloss of each of its words, what a reader would say of it,
        and whose it is. In Korean, a text says what it says.
    """
    notes, ours = _("From the notes"), _("Ours")
    positive, negative = _("positive"), _("negative")
    return {
        "배우, 조연 다 좋은데 영화는 별로네": (
            _("the actors are all good, but the film is so-so"),
            _("actors,|supporting cast|all|good, but|the film|is so-so"),
            negative,
            notes,
        ),
        "재미있을 줄 알았는데 완전 실망했어. 너무 졸려, 돈도 아까워": (
            _("I expected fun and was let down"),
            _("would be fun|that|I thought, but|totally|let down.|so|sleepy,|money too|wasted"),
            negative,
            notes,
        ),
        "어제 여자친구랑 봤는데 여자친구는 재밌었다는데 나는 재미없더라고": (
            _("my girlfriend found it fun, I found it dull"),
            _(
                "yesterday|with girlfriend|saw it, and|girlfriend|says it was fun|but I|"
                "found it dull"
            ),
            negative,
            notes,
        ),
        "이게 영화인가 싶었는데 나름 볼만했어": (
            _("is this a film, I wondered; in its way worth seeing"),
            _("is this|a film|I wondered, but|in its way|worth seeing"),
            positive,
            notes,
        ),
        "처음엔 지루했는데 마지막 장면에서 펑펑 울었어요": (
            _("dull at first, but I cried my eyes out at the end"),
            _("at first|dull, but|the last|in the scene|floods (of tears)|I cried"),
            positive,
            ours,
        ),
        "수면제로 추천합니다": (
            _("I recommend it as a sleeping pill"),
            _("as a sleeping pill|I recommend it"),
            _("negative: it is irony"),
            ours,
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


def _told(text, preset):
    """A preset as the script gets it; without a gloss where that is the text itself."""
    _meaning, gloss, verdict, source = preset
    told = {"text": text, "verdict": verdict, "source": source}
    return told if gloss == text.replace(" ", "|") else told | {"gloss": gloss.split("|")}


def _gloss(preset):
    """A preset's words, each with its meaning, as the script writes them too."""
    glossed = preset["text"].split(" ") if "gloss" in preset else []
    words = "".join(
        f'<span><b lang="ko">{html.escape(word)}</b> <i>{html.escape(meaning)}</i></span>'
        for word, meaning in zip(glossed, preset.get("gloss", []), strict=True)
    )
    said = _("{source}; a reader would say {verdict}.", **preset)
    return f"{words}<span>{said}</span>"


def reading_review():
    """A network that reads Korean film reviews, at work on your text, syllable by syllable.

    The network is ``load_pretrained("reading")``; it starts with one of the notes' sentences.
    """
    model = load_pretrained("reading")
    test = measured("reading-review")
    half = next(p for p in model.record()["metrics"]["prefixes"] if p["share"] == 0.5)
    examples = presets()
    told = [_told(text, preset) for text, preset in examples.items()]
    options = {k: meaning for k, (meaning, *_rest) in enumerate(examples.values())}
    first = told[0]["text"]
    low, high = test["interval"]
    network = _network(model)
    units = {"lead": _("the unit that weighs most"), "mean": _("all units, their mean")}
    units |= {k: _("unit {unit}", unit=k) for k in range(1, network["units"] + 1)}
    review = _("Review, in Korean (type here)")
    return assemble(
        "reading-review",
        question=_("When does a reader make up its mind?"),
        shows=_(
            "A Korean review, syllable after syllable: the actors are all good, but the film is "
            "so-so. Above it the probability of a positive review rises at “good” and falls at "
            "“so-so”; below it bars say which syllables pull the outcome which way, and three "
            "lines show the gates."
        ),
        moves=_("Type a review in Korean, and follow the probability, the gates and the gradient."),
        controls=[
            choice("preset", _("Example"), options | {"own": _("your own text")}).replace(
                '"live-control"', '"live-control live-whole"'
            ),
            f'<div class="live-control live-whole"><label><span>{review}</span>'
            '<textarea data-name="text" lang="ko" rows="2" spellcheck="false" autocomplete="off" '
            f'autocapitalize="off">{html.escape(first)}</textarea></label></div>',
            f'<div class="live-gloss" data-gloss>{_gloss(told[0])}</div>',
        ],
        after=[
            slider("step", _("syllable"), 1, len(first) + 2, 1, len(first), "gradient"),
            choice(
                "paint",
                _("Under the text"),
                {"pull": _("gradient × input: which way"), "norm": _("size of the gradient")},
            ),
            choice("unit", _("Gates of"), units),
        ],
        uses=("data", "lstm", "lstm-backward"),
        data={"presets": told, "network": network},
        heights=(304, 458),
        lines=(4, 9),
        note=_(
            "Measured with this page's own arithmetic on all {reviews} test reviews: {right} % of "
            "the verdicts are right (95 % interval {low} to {high} %); with half of a review's "
            "characters read, {half} %. It takes irony at its word, often misses a second "
            "negation, and gives a verdict on any text, film review or not.",
            reviews=f"{test['reviews']:,}",
            right=f"{100 * test['accuracy']:.1f}",
            low=f"{100 * low:.1f}",
            high=f"{100 * high:.1f}",
            half=f"{100 * half['accuracy']:.1f}",
        ),
    )

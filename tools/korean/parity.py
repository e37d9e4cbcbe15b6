"""What has to be the same in an English cell and in its Korean: each rule is one function.

A rule gets the two texts and yields what is wrong, in words that a translator can work from. The
rules see what can be counted; whether a sentence means the same, a reader has to say.
"""

import re
from collections import Counter
from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from tools.korean import numerals, texts

FENCED = re.compile(r"^(`{3,})(\{)?[^\n]*\n.*?^\1 *$", re.MULTILINE | re.DOTALL)
DISPLAY = re.compile(r"\$\$.+?\$\$(?: *\([\w-]+\))?", re.DOTALL)
INLINE = re.compile(r"(?<!\\)\$(?!\s)[^$\n]+?(?<!\\)\$")
CODE = re.compile(r"(?<!`)(?:\{[\w:-]+\})?(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
TARGET = re.compile(r"(?s).*<([^>]+)>")
DIRECTIVE = re.compile(r"^(?:`{3,}|:{3,})\{([\w:-]+)\} *(.*)$", re.MULTILINE)
OPTION = re.compile(r"^:([a-z_-]+): *(.*)$", re.MULTILINE)
LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>]+)>")
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*|(?<=[A-Za-z_-])\d+(?:\.\d+)*")
KEEPS_ITS_ARGUMENT = {"solution-start", "live-figure", "button-ref", "button-link", "bibliography"}
OPTIONS_IN_WORDS = {"alt", "caption"}

NEGATIONS = re.compile(
    r"\b(?:not|no|never|nothing|none|neither|nobody|nowhere|without|cannot|\w+n['’]t)\b", re.I
)
KOREAN_NEGATIONS = re.compile(
    r"않|못|없|아니|아닌|아닙|안 |말고|말아|마세요|모르|모른|모를|몰라|불가|빼|모자라|모자랄"
    r"|무관|비(?=어)"
)

# Terms whose English word has an everyday sense as well; the others have to be met with their own.
EVERYDAY = {
    "accuracy", "bandwidth", "baseline", "batch", "bias", "candidate", "checkpoint", "cleaning",
    "convergence", "corpus", "cost function", "calibration", "divergence", "forward pass", "gate",
    "generalisation", "gradient highway", "held-out data", "initialisation", "label", "lag",
    "latency", "loss function", "many to many", "many to one", "masking", "memorisation",
    "momentum", "norm", "objective function", "one to many", "optimiser", "packed sequence",
    "padding", "parameter", "parity", "persistence", "plateau", "pooling", "quantile",
    "random seed", "rank", "read-out", "recurrent neural network", "regularisation", "sampling",
    "saturation", "scan", "sentiment analysis", "sequence", "smoothing", "stacked layers",
    "stateful", "temperature", "test set", "time step", "token", "tokenisation", "training set",
    "truncation", "unknown word", "unrolling", "validation set", "variance", "vocabulary",
    "weight", "weight sharing", "global minimum", "saddle point", "hyperbolic tangent", "epoch",
    "gradient", "cell state", "Adam", "ONNX", "one-hot encoding", "world size", "curvature",
    "ensemble", "distillation", "quantisation", "data loader", "embedding", "outer product",
    "derivative", "confidence interval", "automatic differentiation", "steepest descent",
    "long short-term memory", "minLSTM", "gated recurrent unit", "rectified linear unit",
    "bidirectional LSTM", "backpropagation through time", "TF-IDF", "transpose", "cross-entropy",
}  # fmt: skip
# Other Korean names of a concept, which a page may not use beside the first of the glossary.
OTHER_NAMES = (
    "그래디언트|그레이디언트|펄플렉서티|퍼플렉시티|혼란도|고유값|특이값|언어 모형|삭제 게이트"
    "|캘리브레이션|기울기 폭주|자코비안|하이퍼볼릭 탄젠트|극소값|기억 셀|메모리 셀|숨겨진 상태"
    "|히든 상태|포겟 게이트|까먹음 게이트|손실함수|비용함수|활성함수|은닉상태|셀상태|망각게이트"
    "|입력게이트|출력게이트|기울기소실"
)


# Taking a text apart ---------------------------------------------------------


def without_code(text, instead=""):
    """Return a text without its blocks of code; a directive in backticks is none."""
    return FENCED.sub(lambda m: m[0] if m[2] else instead, text)


@cache
def bare(text):
    """Return the words alone: without formulas, code, roles' targets, links' addresses, options."""
    text = without_code(text, " ")
    text = re.sub(r"^---\n.*?\n---\n", " ", text, flags=re.DOTALL)
    text = DISPLAY.sub(" ⊙ ", text)
    text = ROLE.sub(
        lambda m: re.sub(r"\s*<[^>]+>$", "", m[2]) if "<" in m[2] or m[1] == "term" else " ", text
    )
    text = re.sub(r"(`+)(.+?)\1", " ⊙ ", text, flags=re.DOTALL)
    text = INLINE.sub(" ⊙ ", text)
    text = LABEL.sub(" ", OPTION.sub(" ", DIRECTIVE.sub(lambda m: m[2], text)))
    text = re.sub(r"^(?:`{3,}|:{3,}) *$", " ", text, flags=re.MULTILINE)
    text = LINK.sub("] ", text)
    return text


def difference(english, korean):
    """Return what the Korean lacks and what it has too much, of two lists, as words or ""."""
    lacks, more = Counter(english) - Counter(korean), Counter(korean) - Counter(english)
    parts = [f"lacks {', '.join(map(str, lacks.elements()))}"] * bool(lacks)
    parts += [f"has too much {', '.join(map(str, more.elements()))}"] * bool(more)
    return "; ".join(parts)


def blocks_in(text):
    """Return the kinds of a text's parts in order: paragraphs, headings, list items, rows."""
    text = without_code(text, "CODE")
    text = DISPLAY.sub("⊙", text)
    kinds = []
    for part in re.split(r"\n\s*\n", text):
        lines = [line for line in part.split("\n") if line.strip()]
        listed = 0
        for line in lines:
            if match := re.match(r"(#{1,6}) ", line):
                kinds.append(f"heading {len(match[1])}")
            elif line.startswith("|"):
                cells = len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`|\$[^$]*\$", "x", line)))
                kinds.append(f"row of {cells - 1}")
            elif re.match(r"\s*(?:[-*]|\d+\.) ", line):
                kinds.append("item")
                listed = 1
            elif re.match(r"(?::{3,}|`{3,}|:[\w-]+:|\()", line) or listed:
                continue
            elif line is lines[0] or kinds[-1:] != ["paragraph"]:
                kinds.append("paragraph")
    return kinds


# The rules -------------------------------------------------------------------


def directives(english, korean):
    """Directives come in the same order, with the same options, and some with the same argument."""

    def found(text):
        text = without_code(text, "")
        return [
            f"{name} {argument}".strip() if name in KEEPS_ITS_ARGUMENT else name
            for name, argument in DIRECTIVE.findall(text)
        ]

    def options(text):
        pairs = OPTION.findall(without_code(text, ""))
        return [key if key in OPTIONS_IN_WORDS else f":{key}: {value}" for key, value in pairs]

    for what, one, other in (
        ("directives", found(english), found(korean)),
        ("options", options(english), options(korean)),
        ("labels", LABEL.findall(english), LABEL.findall(korean)),
    ):
        if one != other:
            yield f"the {what} differ: {one} in English, {other} in Korean"


def targets(english, korean):
    """References, citations and terms lead to the same places, and links to the same addresses."""

    def found(text):
        for match in CODE.finditer(without_code(text, "")):
            if not (named := ROLE.fullmatch(match[0])):
                continue  # code
            role, words = named.groups()
            target = TARGET.fullmatch(words)
            target = target[1] if target else words
            if role == "term":
                target = entry_of(target)
            if role.startswith("cite"):
                role = "cite"
            yield f"{{{role}}} {target.strip()}"

    if wrong := difference(list(found(english)), list(found(korean))):
        yield f"a reference {wrong}"
    pages = [
        [a or b for a, b in LINK.findall(CODE.sub("x", without_code(t, "")))]
        for t in (english, korean)
    ]
    if wrong := difference(*pages):
        yield f"a link {wrong}"


def formulas_and_code(english, korean):
    """Formulas and code are the same, byte for byte; displayed ones in the same order."""

    def displayed(text):
        return [m[0] for m in FENCED.finditer(text) if not m[2]], DISPLAY.findall(
            without_code(text, "")
        )

    for one, other in zip(displayed(english), displayed(korean), strict=True):
        if one != other:
            wrong = difference(one, other) or "their order"
            yield f"a block of code or a displayed formula differs: {wrong}"

    def inline(text):
        text = DISPLAY.sub("", without_code(text, ""))
        codes = [m[2] for m in CODE.finditer(text) if not m[0].startswith("{")]
        return codes + INLINE.findall(CODE.sub("x", text))

    if wrong := difference(inline(english), inline(korean)):
        yield f"code or a formula in the text {wrong}"


def numbers(english, korean):
    """The numbers are the same, in digits; number words are met with some numeral."""
    words, said = bare(english), bare(korean)
    one, other = (
        Counter(re.sub(r"(?<=\d) (?=\d)", "", n) for n in NUMBER.findall(text))
        for text in (words, said)
    )
    for number, unit in re.findall(r"([\d.,]+)\s(million|billion)", words):
        counted = numerals.in_myriads(float(number.replace(",", "")) * numerals.UNITS[unit])
        if counted in said:
            one[number] -= 1
            other -= Counter(NUMBER.findall(counted))
    if lacks := +one - other:
        yield f"the number {', '.join(lacks.elements())} is missing"
    values = numerals.values_in(words) | ({1} if "분의 1" in said else set())
    more = [
        number
        for number in set(other) - set(one)
        # 100만 is a million, a word in English: what stands before 만 is no number by itself.
        if not re.search(rf"(?<![\d.,]){re.escape(number)}[천만억]", said)
        and not numerals.is_among(number, values)
    ]
    if more:
        yield f"the number {', '.join(more)} is not in the English, nor in words"
    for word in numerals.NUMERALS:
        if re.search(rf"(?i)(?<![\w-]){word}(?![\w-])", words) and not numerals.says(word, said):
            yield f"the English says “{word}”: no such number in the Korean"


def negations(english, korean):
    """A text that denies something denies it in Korean too, about as often."""
    count = len(NEGATIONS.findall(bare(english)))
    if count and len(KOREAN_NEGATIONS.findall(bare(korean))) < (count + 1) // 2:
        yield f"the English denies {count} times, the Korean less than half as often"


def sentences(text, goes_on="(?![a-z])"):
    """Return the sentences of a text's words, roughly: what ends in . ? or ! before a space.

    In English the next begins with no small letter; a Korean one may, with tanh or an index.
    """
    text = re.sub(r"\b(?:e\.g|i\.e|vs|cf|et al|approx|No|Fig|Eq)\.", "x", text)
    return [
        s
        for s in re.split(rf"(?<=[.?!])[*_\"”’')\]]*(?:\s+{goes_on}|$)", text)
        if len(s.strip(" *_.|⊙")) > 1
    ]


def parts(english, korean):
    """Paragraphs, items, headings and rows are the same; no sentence of a paragraph is lost."""
    one, other = blocks_in(english), blocks_in(korean)
    if one != other:
        yield f"the paragraphs, items and rows differ: {one} in English, {other} in Korean"
        return
    pieces = [re.split(r"\n\s*\n", bare(text)) for text in (english, korean)]
    for number, (a, b) in enumerate(zip(*pieces, strict=False), 1):
        if a.lstrip().startswith("|"):
            continue
        want, got = len(sentences(a)), len(sentences(b, goes_on=""))
        if got < want:
            begins = b.strip()[:40]
            yield f"part {number} has {want} sentences in English and {got} in Korean: {begins}…"


@cache
def glossary():
    """Return the entries of the glossary: (English names, Korean names)."""
    entries = []
    for cell in texts.english("chapters/reference/glossary"):
        if cell.id.startswith("term-"):
            names = [line for line in cell.text.split("\n") if not line.startswith(" ")]
            korean = [name for name in names if re.search("[가-힣]", name)]
            entries.append(([name for name in names if name not in korean], korean))
    return entries


def entry_of(name):
    """Return the first English name of the glossary's entry for a word in either language."""
    for english, korean in glossary():
        if any(name.strip().lower() == known.lower() for known in english + korean):
            return english[0]
    return f"{name.strip()} (not in the glossary)"


def terms(english, korean):
    """A term of the English is met by the glossary's first Korean word for it, and by no other."""
    words, said = bare(english), re.sub(r"\s+", " ", bare(korean))
    for names, own in glossary():
        if names[0] in EVERYDAY:
            continue
        pattern = re.escape(names[0]).replace(r"\ ", r"[\s-]+")
        if re.search(rf"(?i)(?<![\w-]){pattern}(?:s|es)?(?![\w-])", words):
            wanted = own[0].replace(" ", "")
            if wanted not in said.replace(" ", ""):
                yield f"the term “{names[0]}” has to be {own[0]}"
    if re.match(r"\S.*\n(?:.+\n)*  \S", english):
        return  # an entry of the glossary has all names
    for other in re.findall(OTHER_NAMES, said):
        yield f"{other} is another name of a concept: use the glossary's first, spaced as there"


def emphasis(english, korean):
    """No asterisk stands there as a letter; as much is emphasised as in English."""
    counts = []
    for text in (english, korean):
        text = re.sub(r"^---\n.*?\n---\n", "", text, flags=re.DOTALL)
        text = re.sub(r"^:{3,}.*$", "", text, flags=re.MULTILINE)
        tokens = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).parse(text)
        inside = [t for token in tokens for t in token.children or ()]
        counts.append(Counter(t.type for t in inside if t.type in ("strong_open", "em_open")))
        literal = [t.content for t in inside if t.type == "text" and "*" in t.content]
        if literal and text is korean and text.count("\\*") < "".join(literal).count("*"):
            yield (
                f"an asterisk is shown as a letter in {literal[0].strip()!r}: put a space, or move "
                "the bracket out of **…**"
            )
    one, other = (count["strong_open"] for count in counts)
    if one != other:
        yield f"{one} bold places in English, {other} in Korean"


def endings(english, korean):
    """Sentences end in 해요체; headings, rows of tables and names of things may stand without."""
    text = re.sub(r"^(?:#{1,6} |\||\s*(?:caption|alt): ).*$", " ", bare(korean), flags=re.MULTILINE)
    text = re.sub(r"[\"“‘'][^\"”’'\n]{0,200}[\"”’']", "⊙", text)
    for sentence in re.split(r"(?<=[.?!])\)?[*_]*(?:\s+|$)", text):
        end = re.sub(
            r"\s*\([^()]*\)$", "", sentence.strip().strip("*_").rstrip(".?!").rstrip(")*_ ")
        )
        if re.search(r"[.?!]\)?[*_]*$", sentence.strip()) and re.search(
            r"[가-힣](?:니다|니까|십시오|[^요죠]다)$", end
        ):
            yield f"not in 해요체: …{end[-30:]}"


def korean_words(english, korean):
    """The text is Korean: it has more Hangul than Latin letters, unless it is names alone."""
    words = re.sub(r"\[[^\]]*\]", "", bare(korean))
    hangul, latin = len(re.findall("[가-힣]", words)), len(re.findall("[A-Za-z]", words))
    if len(re.findall(r"[A-Za-z]{3,}", bare(english))) > 8 and hangul < latin * 0.6:
        yield f"{latin} Latin letters and {hangul} of Hangul: is it translated?"


RULES = (
    directives, targets, formulas_and_code, numbers, negations, parts, terms, emphasis, endings,
    korean_words,
)  # fmt: skip


def complaints(cell, block):
    """Return what is wrong with a Korean block beside its English cell: a list of sentences."""
    return [wrong for rule in RULES for wrong in rule(cell.text, block.text)]

"""Faults planted in the Korean text, to certify who looks for them: rules, or a reader.

`python -m tools.korean.planted FOLDER` writes fifty cells with one fault each, among as many right
ones, as a reader gets them (cells.md: the two texts, in a drawn order), and what was planted where
(answers.json). Each kind of fault is one that a translator, or a later hand, makes.
"""

import json
import random
import re
from collections import namedtuple
from dataclasses import dataclass
from typing import NamedTuple

from lstm_utils import command_line
from tools.korean import texts

GATES = ("망각 게이트", "입력 게이트", "출력 게이트")
OPPOSITES = (
    ("크", "작"), ("커지", "작아지"), ("늘", "줄"), ("빠르", "느리"), ("앞", "뒤"), ("위", "아래"),
    ("왼쪽", "오른쪽"), ("처음", "마지막"), ("많", "적"), ("높", "낮"), ("훈련 집합", "시험 집합"),
    ("소실", "폭발"), ("긍정", "부정"), ("입력", "출력"), ("순전파", "역전파"), ("행", "열"),
)  # fmt: skip
OTHER_TERMS = {
    "기울기 소실": "그래디언트 소실",
    "망각 게이트": "삭제 게이트",
    "퍼플렉서티": "혼란도",
    "고윳값": "고유값",
    "특잇값": "특이값",
    "언어 모델": "언어 모형",
    "은닉 상태": "히든 상태",
    "야코비 행렬": "자코비안",
}
LOST_NEGATIONS = (
    (r"지 않아요", "아요"), (r"지 않고", "고"), (r"지 않는", "는"), (r"지 못해요", "해요"),
    (r"아니에요", "그래요"), (r"없어요", "있어요"), (r"없는", "있는"), (r"없이", "두고"),
    (r"지 못하는", "는"), (r"지 않은", "은"), (r"지 않았어요", "았어요"), (r"지 못", "지 잘"),
)  # fmt: skip


class Planted(NamedTuple):
    """A cell's two texts, of which the Korean has a fault, and what it is."""

    page: str
    cell: str
    kind: str
    english: str
    korean: str
    told: str


@dataclass(frozen=True)
class Kind:
    """A kind of fault: what makes one of a text, and the share that the rules have to catch."""

    make: object
    wanted: float


Fault = namedtuple("Fault", "korean told")


def _replace(text, match, new):
    return Fault(f"{text[: match.start()]}{new}{text[match.end() :]}", f"{match[0]} → {new}")


def _one(draw, matches):
    found = list(matches)
    return draw.choice(found) if found else None


def changed_number(text, draw):
    """Change a digit of a number in the text."""
    bare = re.sub(
        r"`[^`]*`|\$[^$]*\$|<[^>]*>|\([\w-]+\)=|:label:.*", lambda m: " " * len(m[0]), text
    )
    match = _one(draw, re.finditer(r"(?<![\w.,-])\d+(?:\.\d+)?", bare))
    if match is None:
        return None
    digits = match[0]
    place = draw.choice([k for k, d in enumerate(digits) if d.isdigit()])
    other = draw.choice([d for d in "123456789" if d != digits[place]])
    return _replace(text, match, f"{digits[:place]}{other}{digits[place + 1 :]}")


def lost_negation(text, draw):
    """Take a negation out of a sentence."""
    found = [(m, new) for old, new in LOST_NEGATIONS for m in re.finditer(old, text)]
    return _replace(text, *draw.choice(found)) if found else None


def exchanged_gates(text, draw):
    """Write one gate for another, or exchange two."""
    present = [gate for gate in GATES if gate in text]
    if not present:
        return None
    gate = draw.choice(present)
    other = draw.choice([g for g in GATES if g != gate])
    swapped = text.replace(gate, "\0").replace(other, gate).replace("\0", other)
    return Fault(swapped, f"{gate} ↔ {other}")


def exchanged_opposites(text, draw):
    """Write a word's opposite."""
    pairs = [*OPPOSITES, *(pair[::-1] for pair in OPPOSITES)]
    bare = re.sub(r"`[^`]*`|\$[^$]*\$|<[^>]*>", lambda m: "\0" * len(m[0]), text)
    found = [(m, new) for old, new in pairs for m in re.finditer(rf"(?<![가-힣]){old}", bare)]
    return _replace(text, *draw.choice(found)) if found else None


def dropped_sentence(text, draw):
    """Leave a sentence out."""
    sentence = r"(?<=[요죠][.?]) [^.?!|\n`$]{12,}[요죠][.?](?=\s|$)"
    match = _one(draw, re.finditer(sentence, text))
    return _replace(text, match, "") if match else None


def dropped_item(text, draw):
    """Leave an item of a list, or a row of a table, out."""
    match = _one(draw, re.finditer(r"\n(?:- |\| (?!symbol|기호|---)).{10,}", text))
    return _replace(text, match, "") if match else None


def wrong_target(text, draw):
    """Let a reference lead elsewhere."""
    match = _one(
        draw, re.finditer(r"\{(?:ref|numref|eq)\}`[^`]*?((?:ch|sec|fig|eq)-[\w-]+)>?`", text)
    )
    if match is None:
        return None
    return _replace(
        text, match, match[0].replace(match[1], "ch-gates" if match[1] != "ch-gates" else "ch-bptt")
    )


def changed_formula(text, draw):
    """Change an index, a sign or a letter of a formula."""
    match = _one(
        draw, re.finditer(r"\$[^$\n]*?(t-1|\+|h_t|c_t|W_f|W_i|\\partial|=)[^$\n]*?\$", text)
    )
    if match is None:
        return None
    other = {"t-1": "t", "+": "-", "h_t": "c_t", "c_t": "h_t", "W_f": "W_i", "W_i": "W_f", "=": "<"}
    return _replace(text, match, match[0].replace(match[1], other.get(match[1], "d"), 1))


def changed_code(text, draw):
    """Change a name in code."""
    match = _one(draw, re.finditer(r"(?<![`}])`[A-Za-z_]{3,}`(?!`)", text))
    return _replace(text, match, f"{match[0][:-1]}s`") if match else None


def other_term(text, draw):
    """Call a concept by another of its names."""
    found = [word for word in OTHER_TERMS if word in text]
    if not found:
        return None
    word = draw.choice(found)
    return Fault(text.replace(word, OTHER_TERMS[word]), f"{word} → {OTHER_TERMS[word]}")


def broken_bold(text, draw):
    """Put a bracket before the closing asterisks and a particle after them."""
    bold = re.finditer(r"\*\*([^*\n]+)\*\*(?P<particle>[가-힣])?", text)
    match = _one(draw, (m for m in bold if m["particle"] and re.fullmatch("[가-힣 ]+", m[1])))
    return _replace(text, match, f"**{match[1]}(word)**{match[2]}") if match else None


KINDS = {
    "a changed number": Kind(changed_number, 0.9),
    "a lost negation": Kind(lost_negation, 0.0),
    "gates exchanged": Kind(exchanged_gates, 0.0),
    "an opposite": Kind(exchanged_opposites, 0.0),
    "a dropped sentence": Kind(dropped_sentence, 0.3),
    "a dropped item": Kind(dropped_item, 1.0),
    "a wrong target": Kind(wrong_target, 1.0),
    "a changed formula": Kind(changed_formula, 1.0),
    "a changed name in code": Kind(changed_code, 1.0),
    "another term": Kind(other_term, 1.0),
    "broken bold": Kind(broken_bold, 1.0),
}


def translated_cells():
    """Return every cell that has its Korean: (page, English, Block)."""
    return [(page, *pair) for page in texts.translated() for pair in texts.state(page).current]


def plant(kind, cells, count, seed):
    """Return up to `count` of these cells with one fault of a kind each, drawn by `seed`."""
    draw = random.Random(f"{kind} {seed}")
    planted = []
    for page, cell, block in draw.sample(cells, len(cells)):
        fault = KINDS[kind].make(block.text, draw)
        if fault and fault.korean != block.text:
            planted.append(Planted(page, cell.id, kind, cell.text, fault.korean, fault.told))
        if len(planted) == count:
            break
    return planted


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("folder", type=command_line.path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    draw = random.Random(options.seed)
    cells = translated_cells()
    planted = [one for kind in KINDS for one in plant(kind, cells, 5, options.seed)]
    draw.shuffle(planted)
    planted = planted[:50]
    taken = {(one.page, one.cell) for one in planted}
    right = [
        Planted(page, cell.id, "", cell.text, block.text, "")
        for page, cell, block in cells
        if (page, cell.id) not in taken and len(cell.text) > 200
    ]
    shown = planted + draw.sample(right, 50)
    draw.shuffle(shown)
    options.folder.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(
        f"===== {number}\n----- English\n{one.english}\n----- Korean\n{one.korean}"
        for number, one in enumerate(shown, 1)
    )
    (options.folder / "cells.md").write_text(text, encoding="utf-8")
    answers = {
        number: [one.page, one.cell, one.kind, one.told]
        for number, one in enumerate(shown, 1)
        if one.kind
    }
    file = options.folder / "answers.json"
    file.write_text(json.dumps(answers, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{len(shown)} cells, {len(answers)} of them with a fault, in {options.folder}")


if __name__ == "__main__":
    command_line.run(main)

"""The catalogue of what `lstm_utils` says: its messages in English, and how they are put in Korean.

    python -m tools.korean.catalogue                   take up new messages, drop old ones, compile
    python -m tools.korean.catalogue --check           say what is stale, missing or wrong
    python -m tools.korean.catalogue --open chapter_4  what a file says and has no Korean, as JSON
    python -m tools.korean.catalogue --merge FILE      take up {message: Korean} from such a file

A message stands in `_(…)` in Python, or in `say(…)` in a script of a live figure. The exceptions of
a check put their own words into the student's language: theirs stand in `Wrong(…)` and its like.
"""

import difflib
import io
import json
import re
import sys

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from lstm_utils import command_line
from lstm_utils.messages import FOLDER
from tools.contents import ROOT

PO = FOLDER / "ko" / "LC_MESSAGES" / "lstm_utils.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {"python": ("_", "Wrong", "Nothing", "StillOpen"), "javascript": ("say",)}
SOURCES = {"python": "lstm_utils/**/*.py", "javascript": "lstm_utils/live/*.js"}
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# Whose form depends on the last letter before them, which nobody knows of a placeholder.
VARYING = re.compile(
    r"(\{[^{}]*\})[`'\")\]]*(은|는|이|가|을|를|으로|로|과|와|이나|나|이고|고|이에요|예요|이라|라)(?![가-힣])"
)
COMMENT = """\
# What lstm_utils says, in Korean. Messages come and go by `python -m tools.korean.catalogue`;
# only the translations are written by hand."""


class Words(Catalog):
    """A catalogue whose header holds nothing that changes with the day or the version of Babel."""

    header_comment = COMMENT
    mime_headers = (
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
        ("Language", "ko"),
        ("Plural-Forms", "nplurals=1; plural=0;"),
    )

    def __init__(self):
        super().__init__(locale="ko", charset="utf-8", fuzzy=False)


def by_number(path):
    """Sort chapter 10 behind chapter 9."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.as_posix())]


def messages():
    """Return every message with the files that say it, in the order in which they say it."""
    found = {}
    for language, pattern in SOURCES.items():
        for path in sorted(ROOT.glob(pattern), key=by_number):
            keywords = dict.fromkeys(KEYWORDS[language])
            for _, message, *_rest in extract_from_file(language, path, keywords):
                file = path.relative_to(ROOT).as_posix()
                found.setdefault(message, {})[file] = None
    return {message: list(files) for message, files in found.items()}


def translations():
    """Return the Korean of every message of the catalogue, "" where it has none."""
    if not PO.exists():
        return {}
    with PO.open("rb") as file:
        return {entry.id: entry.string for entry in read_po(file) if entry.id}


def filled(said, korean):
    """Return a catalogue of what is said, with the Korean where there is one."""
    catalogue = Words()
    for message, files in said.items():
        places = [(file, 0) for file in files]
        entry = catalogue.add(message, korean.get(message, ""), locations=places)
        entry.flags.clear()  # a per cent sign in a text is no format
    return catalogue


def as_po(catalogue):
    """Return a catalogue as it is edited: a message a line, with its files but no line numbers."""
    file = io.BytesIO()
    write_po(file, catalogue, width=0, include_lineno=False)
    return file.getvalue()


def as_mo(catalogue):
    """Return a catalogue as gettext reads it, without what has no translation."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def write(catalogue):
    """Write the catalogue, and beside it what gettext reads."""
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(as_po(catalogue))
    MO.write_bytes(as_mo(catalogue))


def faults(message, korean):
    """Return what is wrong with a translation, as a list of sentences; nothing where it is ""."""
    if not korean:
        return []
    wanted, given = (set(PLACEHOLDER.findall(text)) for text in (message, korean))
    found = [f"lacks {name}" for name in sorted(wanted - given)]
    found += [f"has {name}, which the message has not" for name in sorted(given - wanted)]
    if re.search(r"[{}]", PLACEHOLDER.sub("", korean)):
        found.append("has a brace that belongs to no placeholder")
    for name, particle in VARYING.findall(korean):
        found.append(f"has {particle} behind {name}: its form depends on the word before")
    if korean != korean.strip() and message == message.strip():
        found.append("begins or ends with a space")
    return [f"the Korean of {message!r} {fault}" for fault in found]


def problems():
    """Return what is stale or wrong in the catalogue, as a list of sentences."""
    said, korean = messages(), translations()
    found = [f"not taken up: {message!r}" for message in said if message not in korean]
    found += [f"no longer said: {message!r}" for message in korean if message not in said]
    found += [fault for pair in korean.items() for fault in faults(*pair)]
    catalogue = filled(said, korean)
    for path, made in ((PO, as_po(catalogue)), (MO, as_mo(catalogue))):
        if not path.exists() or path.read_bytes() != made:
            found.append(f"{path.name} is not up to date: python -m tools.korean.catalogue")
    return found


def untranslated():
    """Return the messages that have no Korean yet, in order, with the files that say them."""
    korean = translations()
    return {message: files for message, files in messages().items() if not korean.get(message)}


def open_in(name):
    """Return what the file with this name says first and has no Korean: {message: ""}."""
    names = {path.stem for pattern in SOURCES.values() for path in ROOT.glob(pattern)}
    if name not in names:
        raise ValueError(f"lstm_utils has no file {name}")
    stem = re.compile(rf"/{re.escape(name)}\.\w+$")
    return {message: "" for message, files in untranslated().items() if stem.search(files[0])}


def merge(path):
    """Take up the translations in a JSON file {message: Korean}; return how many it has."""
    given = json.loads(path.read_text(encoding="utf-8"))
    said, wrong = messages(), []
    for message, text in given.items():
        if message not in said:
            near = difflib.get_close_matches(message, said, n=1)
            wrong.append(f"no such message: {message!r}" + "".join(f" (or {n!r}?)" for n in near))
        else:
            wrong += faults(message, text)
    if wrong:
        raise ValueError("; ".join([f"{path.name} is not taken up", *wrong]))
    given = {message: text for message, text in given.items() if text}
    write(filled(said, translations() | given))
    return len(given)


def main(arguments=None):
    parser = command_line.parser(__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="say what is stale, missing or wrong")
    what.add_argument("--open", metavar="FILE", help="what it says and has no Korean, as JSON")
    what.add_argument("--merge", type=command_line.path, metavar="FILE", help="a JSON file")
    options = parser.parse_args(arguments)
    if options.check:
        found = problems()
        found += [f"no Korean ({files[0]}): {m!r}" for m, files in untranslated().items()]
        print("\n".join(found) or "The catalogue is complete and up to date.")
        sys.exit(bool(found))
    if options.open:
        print(json.dumps(open_in(options.open), ensure_ascii=False, indent=1))
        return
    if options.merge:
        print(f"{merge(options.merge)} translations taken up")
    else:
        write(filled(messages(), translations()))
    print(
        f"{PO.relative_to(ROOT)}: {len(messages())} messages, {len(untranslated())} without Korean"
    )


if __name__ == "__main__":
    command_line.run(main)

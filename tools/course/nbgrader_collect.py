"""How `nbgrader zip_collect` takes what platforms and hands produce; nbgrader_config.py loads this.

Nothing is unpacked under a name from outside. The latest notebook of each student is written to
`extracted/STUDENT/chapter-01.ipynb`, where nbgrader finds it; whatever else lies in the archives
is left there and named. course/nbgrader.md has the table of what becomes of which name.
"""

import gzip
import io
import json
import os
import re
import tarfile
import tempfile
import time
import unicodedata
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

c = get_config()  # noqa: F821, nbgrader defines it

LARGEST = 200_000_000  # bytes of one file in an archive
DEEPEST = 5  # archives in archives
LONGEST = 60  # letters of a student's id: three bytes each in Hangul, and folders take 255

NOTEBOOK = re.compile(r"\.ipynb(\.json|\.txt)?$", re.IGNORECASE)  # some browsers add an ending
ARCHIVE = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|7z|rar)$", re.IGNORECASE)
HIDDEN = re.compile(r"\..*|__MACOSX|Thumbs\.db|desktop\.ini", re.IGNORECASE)

# What a platform writes in front of each file, or as the folder around it.
PLATFORMS = [
    # Moodle: mod/assign/classes/downloader.php
    r"(?P<name>.+?)_(?P<number>\d+)_(assignsubmission_)?(file|onlinetext)(_|$)",
    # Canvas: lib/content_zipper.rb; the second number grows with each file that is handed in
    r"(?P<late>LATE_)?(?P<name>anon_\w{5})_(?P<attempt>\d+)_",
    r"(?P<name>.+?)(?P<late>_LATE)_(?P<number>\d+)_(?P<attempt>\d+)(_|$)",
    r"(?P<name>[^\W_A-Z]+)_(?P<number>\d+)_(?P<attempt>\d+)(_|$)",
    r"(?P<name>[^\W_]+)_(?P<number>\d{5,})_(?P<attempt>\d+)(_|$)",
    # Blackboard
    r"([^_]*_)?(?P<name>.+?)_attempt_(?P<attempt>\d{4}(-\d\d){5})",
]
# Google Drive adds its clock to the name of the folder that it packs.
DRIVE = re.compile(r"-\d{8}T\d{6}Z")
# Words that hands put beside "chapter-01" and on folders, and that name nobody.
NO_NAMES = """
a all an answer answers archive assignment assignments attachment attachments attempt
chapter chapters checkpoint class classroom copia copie copy corrected course de desktop
document documents done download downloads draft drive exercise exercises file files final
finished fix fixed folder gradebook hand handin handins homework hw in ipynb kopie last
late latest lms moodle canvas blackboard my new notebook notebooks of old own part project
resubmission s session sol solution solutions src students submission submissions
submitted submit temp the tmp untitled update updated upload uploads v version von week
work zip
과제 복사본 사본 수정 수정본 완료 완성 의 제출 주차 최종 최종본
""".split()  # noqa: SIM905, read as words
COPY = r"copy|copia|copie|kopie|복사본|사본"


@dataclass
class HandIn:
    """A notebook of the wanted chapter: where it was found, and whose it is."""

    shown: str
    place: str  # the archive, or the folder on the disk
    folders: list[str]
    stem: str
    modified: tuple
    copy: Path
    student: str = ""
    late: bool = False
    attempt: str = ""
    number: int = 0  # of the copy, as in "chapter-01 (2).ipynb"
    people: list[str] = field(default_factory=list)  # whom its folders may name
    own: str = ""  # whom its own name may name


@dataclass
class Titles:
    """Tells a chapter's notebook by its name: "Chapter_1", "chapter-01 (2)", never "chapter-10"."""

    assignment: str
    mine: list[str] = field(init=False)
    pattern: re.Pattern = field(init=False)

    def __post_init__(self):
        words = re.findall(r"[^\W\d_]+|\d+", self.assignment)
        self.mine = [str(int(word)) for word in words if word.isdigit()]
        self.pattern = re.compile(
            r"[\W_]*".join(r"0*(\d+)" if word.isdigit() else re.escape(word) for word in words),
            re.IGNORECASE,
        )

    def around(self, stem):
        """Return what stands before and behind the title, or None if there is another one."""
        found = list(self.pattern.finditer(stem))
        mine = [title for title in found if list(title.groups()) == self.mine]
        if mine:
            return stem[: mine[-1].start()], stem[mine[-1].end() :]
        return None if found else (stem, "")

    def without(self, text):
        return self.pattern.sub(" ", text)


def person_in(text):
    """Return the name of somebody that a file's or a folder's name holds, or an empty string."""
    text = re.sub(rf"^\W*((?:{COPY})\b\W*(of|von|de)?\s+)+", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(\s*\(\d+\)|의|\.ipynb)+\s*$", "", text).strip(" ._-–—")
    text = re.sub(r"^\((.*)\)$", r"\1", text)
    words = re.findall(r"[^\W_]+", text.lower())
    named = any(
        word not in NO_NAMES and not re.match(r"v?\d|copy\d|kopie\d", word) for word in words
    )
    return text if (named or re.fullmatch(r"\d{4,}", text)) and not DRIVE.search(text) else ""


def copy_number(text):
    numbers = re.findall(r"\d{1,9}", text)
    return int(numbers[-1]) if numbers else int(bool(re.search(COPY, text, re.IGNORECASE)))


def identity(name, number=""):
    """Return a student's id: name and platform's number, fit for a folder and a table."""
    text = "_".join(filter(None, [name, number]))
    text = re.sub(r'[\x00-\x1f/\\:*?"<>|,;=\[\]{}]+', " ", text)
    text = re.sub(r"\s+", " ", text).strip(" .")
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 10]}~{sha256(text.encode()).hexdigest()[:9]}"
    return text


def platform_says(parts):
    """Return what a platform wrote into the name of a folder or a file; the outermost counts."""
    for part in parts:
        for pattern in PLATFORMS:
            found = re.match(pattern, part)
            if found:
                return found.groupdict()
    return None


def attribute(hand_ins, titles):
    """Write into each hand-in whose it is; nothing is written where no name is found."""
    by_hand = []
    for hand_in in hand_ins:
        before, behind = titles.around(hand_in.stem)
        hand_in.number = -1 if "checkpoint" in behind else copy_number(behind)
        if not hand_in.number and re.match(rf"\W*({COPY})\b", before, re.IGNORECASE):
            hand_in.number = 1
        says = platform_says([*hand_in.folders, hand_in.stem])
        if says:
            hand_in.student = identity(says["name"], says.get("number"))
            hand_in.attempt = says.get("attempt") or ""
            hand_in.late = bool(says.get("late"))
        else:
            by_hand.append(hand_in)
    _attribute_by_hand(by_hand, titles)


def _attribute_by_hand(hand_ins, titles):
    """Take the name beside the title, or that of the folder; the folder of the class is nobody.

    The folder is asked as well where one name stands on files in the folders of several people.
    """
    people, owners = defaultdict(list), defaultdict(set)
    for hand_in in hand_ins:
        drive = next(filter(DRIVE.search, hand_in.folders), "")
        folders = [folder for folder in hand_in.folders if not drive.startswith(folder)]
        hand_in.people = list(filter(None, (person_in(titles.without(f)) for f in folders)))
        people[hand_in.place].append(hand_in.people)
    for hand_in in hand_ins:
        shared = os.path.commonprefix(people[hand_in.place])  # noqa: RUF071, of lists
        hand_in.people = hand_in.people[len(shared) :][:1] or (
            shared[-1:] if all(names == shared for names in people[hand_in.place]) else []
        )
    for hand_in in hand_ins:
        parts = titles.around(hand_in.stem)
        if parts == (hand_in.stem, "") and hand_in.people:
            parts = ()  # "lstm.ipynb" in somebody's folder
        hand_in.own = next(filter(None, (person_in(titles.without(part)) for part in parts)), "")
        owners[hand_in.place, hand_in.own.lower()].update(hand_in.people)
    for hand_in in hand_ins:
        several = len(owners[hand_in.place, hand_in.own.lower()]) > 1
        names = [*hand_in.people, hand_in.own] if several or not hand_in.own else [hand_in.own]
        hand_in.student = identity(" ".join(names))


def members(stream):
    """Yield name, date and an opener for each file in an archive.

    Raises
    ------
    ValueError
        If it is none that can be read; whatever zipfile and tarfile raise if it is damaged.
    """
    head = stream.read(2)
    stream.seek(0)
    is_tar = head != b"PK" and tarfile.is_tarfile(stream)
    stream.seek(0)
    if head == b"PK":
        archive = _zip_file(stream)
        for entry in archive.infolist():
            if not entry.is_dir():
                yield entry.filename, entry.date_time, lambda entry=entry: archive.open(entry)
    elif is_tar:
        with tarfile.open(fileobj=stream) as archive:
            for entry in archive:
                if entry.isfile():
                    date = time.gmtime(max(entry.mtime, 0))[:6]
                    yield entry.name, date, lambda entry=entry: archive.extractfile(entry)
    elif head == b"\x1f\x8b":
        yield "", (), lambda: gzip.GzipFile(fileobj=stream)
    else:
        raise ValueError("it is empty" if not head else "it is no zip, tar or gz archive")


def _zip_file(stream):
    """Open a zip whose names are in UTF-8 without saying so, Korean Windows' code or DOS's."""
    for encoding in ("utf-8", "euc_kr"):
        try:
            return zipfile.ZipFile(stream, metadata_encoding=encoding)
        except UnicodeDecodeError:
            stream.seek(0)
    return zipfile.ZipFile(stream)


def legible(name):
    """Return a name in one Unicode form, also one that is in Korean Windows' code on the disk."""
    raw = name.encode("utf-8", "surrogateescape")
    for encoding in ("utf-8", "euc_kr"):
        try:
            return unicodedata.normalize("NFC", raw.decode(encoding)).strip()
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437").strip()


def read_all(stream):
    """Return what a stream holds, unless that is too much."""
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1_000_000} MB")
    return data


def chapters_of(data):
    """Return the numbers of the chapters whose exercises a notebook holds.

    Raises
    ------
    ValueError
        If it is no notebook, or one without cells.
    """
    try:
        notebook = json.loads(data)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise ValueError("it is empty" if not data else "it is no notebook") from None
    if not isinstance(cells, list) or not cells:
        raise ValueError("it is a notebook without cells")
    return set(re.findall(r'"(?:answer|test)-(\d+)-\d+"', json.dumps(cells)))


class CollectClass(ExtractorPlugin):
    """Take the latest notebook of each student out of whatever lies in `archive`."""

    def extract(self, archive_path, extracted_path):
        self.titles = Titles(self.parent.coursedir.assignment_id)
        self.hand_ins, self.seen = [], 0
        self.lost = {}  # what may be somebody's work, and why it isn't collected
        self.aside = {}  # what is no work, and why
        self.others = defaultdict(list)  # the same, of students whom a platform names
        with tempfile.TemporaryDirectory(dir=extracted_path) as folder:
            self.folder = Path(folder)
            for root, _, files in os.walk(archive_path, onerror=self._unread):
                for file in sorted(files):
                    self._look_at_file(Path(root, file), Path(archive_path))
            attribute(self.hand_ins, self.titles)
            collected = self._choose(Path(extracted_path))
        # nbgrader asks nobody at the end of its work, so the report is put behind its last step.
        transfer = self.parent.process_extracted_files

        def transfer_and_report():
            transfer()
            self._report(collected)

        self.parent.process_extracted_files = transfer_and_report

    def _unread(self, error):
        self._lose(error.filename, error)

    def _look_at_file(self, path, top):
        parts = [legible(part) for part in path.relative_to(top).parts]
        shown = "/".join(parts)
        place = shown if ARCHIVE.search(parts[-1]) else ""
        try:
            if not path.is_file():
                raise ValueError("it is no file")
            date = time.gmtime(path.stat().st_mtime)[:6]
            self._look(shown, parts, lambda: path.open("rb"), date, place)
        except Exception as error:  # whatever is wrong with one file, the others are looked at
            self._lose(shown, error)

    def _look(self, shown, parts, opener, date, place, depth=0):
        """Sort one file: an archive is looked into, a notebook of the chapter is kept."""
        *folders, name = parts
        if any(HIDDEN.fullmatch(part) for part in parts):
            return
        self.seen += 1
        if ARCHIVE.search(name):
            if depth == DEEPEST:
                raise ValueError(f"{DEEPEST} archives lie around it")
            stem = re.sub(r"\.tar$", "", ARCHIVE.sub("", name), flags=re.IGNORECASE)
            with opener() as stream:
                archive = io.BytesIO(read_all(stream)) if depth else stream
                before = self.seen
                for inner, inner_date, inner_opener in members(archive):
                    below = [legible(part) for part in re.split(r"[/\\]", inner)]
                    inside = "/".join([shown, *below]) if inner else shown
                    below = [*folders, stem, *(part for part in below if part not in ("", "."))]
                    try:
                        if ".." in below or re.match(r"[/\\]|[A-Za-z]:", inner):
                            raise ValueError("its path leads out of the archive")
                        self._look(
                            inside, below, inner_opener, inner_date or date, place, depth + 1
                        )
                    except Exception as error:  # the others are looked at
                        self.seen += 1
                        self._lose(inside, error)
                if self.seen == before:
                    raise ValueError("it is an empty archive")
        elif NOTEBOOK.search(name):
            with opener() as stream:
                data = read_all(stream)
            self._keep(shown, folders, NOTEBOOK.sub("", name), data, date, place)
        else:
            self._set_aside(shown, parts, "no notebook")

    def _set_aside(self, shown, parts, why):
        self.aside[shown] = why
        says = platform_says(parts)
        if says:
            self.others[identity(says["name"], says.get("number"))].append(f"{shown}: {why}")

    def _keep(self, shown, folders, stem, data, date, place):
        title = self.titles.around(stem)
        if title is None:
            self._set_aside(shown, [*folders, stem], "another assignment")
            return
        chapters = chapters_of(data)
        if title == (stem, "") and self.titles.mine[-1:] != list(chapters):
            if chapters:
                self._set_aside(shown, [*folders, stem], "another assignment")
                return
            raise ValueError(f"neither its name nor its cells say {self.titles.assignment}")
        copy = self.folder / str(len(self.hand_ins))
        copy.write_bytes(data)
        self.hand_ins.append(HandIn(shown, place, folders, stem, tuple(date), copy))

    def _lose(self, shown, error):
        words = " ".join(str(error).split())
        if type(error) is not ValueError:
            words = f"it cannot be read, {type(error).__name__}: {words}"
        self.lost[shown] = words

    def _choose(self, extracted):
        """Put the latest hand-in of each student in its place, and return the students."""
        newest = defaultdict(tuple)
        for hand_in in self.hand_ins:
            newest[hand_in.place] = max(newest[hand_in.place], hand_in.modified)
        students = defaultdict(list)
        for hand_in in self.hand_ins:
            if hand_in.student:
                students[hand_in.student.lower()].append(hand_in)
            else:
                self.lost[hand_in.shown] = "no student's name in front of it, nor on its folder"
        collected = {}
        for attempts in students.values():
            *older, latest = sorted(
                attempts,
                key=lambda one: (
                    (len(one.attempt), one.attempt),
                    newest[one.place],
                    one.number,
                    one.modified,
                    one.shown,
                ),
            )
            before = self._submitted(latest.student)
            if before.is_dir() and os.listdir(before) and not self.parent.force:
                self.lost[latest.shown] = f"{before} holds an earlier one, which --force replaces"
                continue
            for attempt in older:
                self.aside[attempt.shown] = f"an older attempt than {latest.shown}"
            target = extracted / latest.student / f"{self.titles.assignment}.ipynb"
            target.parent.mkdir()
            latest.copy.rename(target)
            collected[latest.student] = latest
        for student, files in self.others.items():
            if student not in collected and not any(student in shown for shown in self.lost):
                self.lost[student] = f"handed in nothing but {', '.join(files)}"
        return collected

    def _submitted(self, student):
        course = self.parent.coursedir
        return Path(course.format_path(course.submitted_directory, student, self.titles.assignment))

    def _report(self, collected):
        for shown, why in sorted(self.aside.items()):
            self.log.info("Left out %s: %s", shown, why)
        names = [name + " (late)" * collected[name].late for name in sorted(collected)]
        older = sum(why.startswith("an older") for why in self.aside.values())
        lost = [f"{shown} ({why})" for shown, why in sorted(self.lost.items())]
        said = (
            f"Collected {len(names)} students: {', '.join(names) or 'nobody'}. Left out as of no "
            f"use: {older} older attempts, {len(self.aside) - older} other files. "
            f"NOT COLLECTED: {'; '.join(lost) or 'nothing'}."
        )
        if lost or not collected:
            self.log.error(said)
            self.parent.exit(1)
        self.log.info(said)


c.ZipCollectApp.extractor_plugin = CollectClass
c.FileNameCollectorPlugin.named_regexp = (
    r".*[/\\]extracted[/\\](?P<student_id>[^/\\]+)[/\\](?P<file_id>[^/\\]+)\.ipynb$"
)

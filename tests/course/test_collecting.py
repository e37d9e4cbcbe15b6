"""Collecting what learning platforms and hands produce: whose it is, what counts, what is named."""

import contextlib
import gzip
import io
import json
import random
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import assume, example, given

pytest.importorskip("nbgrader", reason="pip install 'lstm-utils[teach]'")

from tests.course.nbgrader_runs import names_in, nbgrader
from tools.course.assignments import CHAPTERS, write

NAME = "chapter-01"
COLLECT = names_in("nbgrader_collect.py")
TITLES = COLLECT["Titles"](NAME)
FILE = "_assignsubmission_file"  # Moodle's word


def notebook(text):
    """A notebook of chapter 1 that can be told from others by a text."""
    mark = {"grade_id": "answer-1-1", "text": text}
    return json.dumps({"cells": [{"metadata": {"nbgrader": mark}}]}, ensure_ascii=False).encode()


def zipped(files, **settings):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2027, 3, 8, 12, 0, 0)), data, **settings)
    return stream.getvalue()


def with_raw_name(name, data):
    """A zip with the bytes of one name as an old system wrote them."""
    letters = "x" * len(name)
    return zipped({letters: data}).replace(letters.encode(), name)


def encrypted(data):
    """A zip whose one file claims to be encrypted, in both of its headers."""
    archive = bytearray(data)
    archive[6] |= 1
    archive[archive.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


def tarred(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def hung_in_each_other(depth):
    data = notebook("deep")
    for _ in range(depth):
        data = zipped({"chapter-01.zip" if data[:2] == b"PK" else "chapter-01.ipynb": data})
    return data


MOODLE = {
    f"Kim Lee_4711{FILE}/{NAME}.ipynb": "one Kim Lee",
    f"Kim Lee_4712{FILE}/{NAME}.ipynb": "the other Kim Lee",
    f"van der Berg_4713{FILE}/{NAME}.ipynb": "old",
    f"van der Berg_4713{FILE}/{NAME} (2).ipynb": "new",
    f"Copy_4714{FILE}/Copy of {NAME}.ipynb": "a copy in Drive",
    f"Copy_4715{FILE}/{NAME}-Copy1.ipynb": "a copy in Jupyter",
    f"Copy_4716{FILE}/{NAME} - 복사본 (3).ipynb": "a copy on Windows",
    f"Capitals_4717{FILE}/Chapter_1.IPYNB": "capitals",
    f"Flat_4718{FILE}_{NAME}-1.ipynb": "a platform without folders",
    f"Deep_4719{FILE}_/hand in/final/{NAME}.ipynb": "folders",
    f"Other name_4720{FILE}/exercises final.ipynb": "known by its cells",
    f"O'Brien-Smith, Mary_4721{FILE}/{NAME}.ipynb": "commas part a table",
    f"{'가' * 90}_4722{FILE}/{NAME}.ipynb": "longer than a folder's name may be",
    unicodedata.normalize("NFD", f"홍길동_4723{FILE}/{NAME}.ipynb"): "from a Mac",
    f"Safari_4724{FILE}/{NAME}.ipynb.json": "an ending too many",
    f"Participant_4725{FILE}/grace_{NAME}.ipynb": "the platform's name goes before",
}
LEFT_OUT = {
    "__MACOSX/._Kim Lee.ipynb": b"\0\5\x16\7",
    f"__MACOSX/Kim Lee_4711{FILE}/._{NAME}.ipynb": b"\0\5\x16\7",
    f"Kim Lee_4711{FILE}/.ipynb_checkpoints/{NAME}-checkpoint.ipynb": b"{}",
    f"Kim Lee_4711{FILE}/.DS_Store": b"\0",
    f"Kim Lee_4711{FILE}/chapter-10.ipynb": b"{}",
    f"Kim Lee_4711{FILE}/report.pdf": b"%PDF",
    f"Kim Lee_4711{FILE}/notes.txt": b"",
}
NOT_COLLECTED = {  # and the word for it
    f"Empty_1{FILE}/{NAME}.ipynb": (b"", "empty"),
    f"No notebook_2{FILE}/{NAME}.ipynb": (b"hello", "no notebook"),
    f"No cells_3{FILE}/{NAME}.ipynb": (b'{"cells": []}', "without cells"),
    f"Number_4{FILE}/{NAME}.ipynb": (b"17", "no notebook"),
    f"Cut off_5{FILE}/work.zip": (zipped({f"{NAME}.ipynb": b"{}"})[:60], "cannot be read"),
    f"Nothing_6{FILE}/work.zip": (b"", "empty"),
    f"No file_7{FILE}/work.zip": (zipped({}), "empty archive"),
    f"Hidden only_15{FILE}/work.zip": (zipped({"__MACOSX/._x.ipynb": b"x"}), "empty archive"),
    f"Locked_8{FILE}/work.zip": (encrypted(zipped({f"{NAME}.ipynb": b"{}"})), "encrypted"),
    f"Rar_9{FILE}/work.rar": (b"Rar!\x1a\7", "no zip, tar or gz"),
    f"../up_10{FILE}/{NAME}.ipynb": (notebook("x"), "leads out"),
    f"/root_11{FILE}/{NAME}.ipynb": (notebook("x"), "leads out"),
    f"Russian doll_12{FILE}/work.zip": (hung_in_each_other(9), "archives lie around it"),
    f"Pdf only_13{FILE}/answers.pdf": (b"%PDF", "nothing but"),
    f"Wrong chapter_14{FILE}/chapter-02.ipynb": (notebook("x"), "nothing but"),
}
IN_ARCHIVES = {
    "moodle.zip": zipped(
        {name: notebook(text) for name, text in MOODLE.items()}
        | LEFT_OUT
        | {name: data for name, (data, _) in NOT_COLLECTED.items()}
        | {
            f"Nested_20{FILE}/work.zip": zipped(
                {f"__MACOSX/._{NAME}.ipynb": b"\0", f"a/{NAME}.ipynb": notebook("in a zip")}
            ),
            f"Bare_21{FILE}/{NAME}.ipynb": b"\xef\xbb\xbf" + notebook("a byte-order mark"),
        }
    ),
    "canvas.zip": zipped(
        {
            f"lovelaceada_LATE_12345_678_{NAME}.ipynb": notebook("first"),
            f"lovelaceada_LATE_12345_1002_{NAME}-1.ipynb": notebook("second"),
            f"hoppergrace_12346_679_my_{NAME}.ipynb": notebook("hopper"),
            f"anon_Ab1C2_680_{NAME}.ipynb": notebook("nameless"),
        }
    ),
    "blackboard.zip": zipped(
        {
            f"Week 1_jdoe_attempt_2027-03-09-12-00-00_{NAME}.ipynb": notebook("Tuesday"),
            f"Week 1_jdoe_attempt_2027-03-08-12-00-00_{NAME}.ipynb": notebook("Monday"),
            "Week 1_jdoe_attempt_2027-03-09-12-00-00.txt": b"",
        }
    ),
    "Class-20270308T120000Z-001.zip": zipped(
        {
            f"Class/{NAME}.ipynb": notebook("whose?"),
            f"Class/{NAME} (1).ipynb": notebook("whose?"),
            f"Class/Ada Lovelace - {NAME}.ipynb": notebook("Classroom"),
        }
    ),
    "class.tar.gz": tarred({f"LSTM/Gauss/{NAME}.ipynb": notebook("tar"), "LSTM/Weyl/x.pdf": b""}),
    "noether.zip": zipped({f"{NAME}.ipynb": notebook("the archive's name")}),
    "korean.zip": with_raw_name(f"이순신_{NAME}.ipynb".encode("cp949"), notebook("CP949")),
    "dos.zip": with_raw_name(f"Müller_{NAME}.ipynb".encode("cp437"), notebook("CP437")),
    "windows.zip": zipped({f"Riemann\\{NAME}.ipynb": notebook("backslash")}),
    "cut off.zip": zipped({f"x_{NAME}.ipynb": notebook("x")})[:100],
    f"euler_{NAME}.ipynb.gz": gzip.compress(notebook("gz")),
    f"van_der_Berg_{NAME}.ipynb": notebook("by hand"),
    f"Kim_Lee_{NAME}.ipynb": notebook("by hand too"),
    f"{NAME}_Hilbert.ipynb": notebook("behind"),
    f"20231234_{NAME}.ipynb": notebook("a number"),
    f"{NAME}.ipynb": notebook("whose?"),
    f"Turing/{NAME}.ipynb": notebook("a folder"),
    f"Emmy/final_version_{NAME}.ipynb": notebook("a folder, and no name"),
}
COLLECTED = {
    "Kim Lee_4711": "one Kim Lee",
    "Kim Lee_4712": "the other Kim Lee",
    "van der Berg_4713": "new",
    "Copy_4714": "a copy in Drive",
    "Copy_4715": "a copy in Jupyter",
    "Copy_4716": "a copy on Windows",
    "Capitals_4717": "capitals",
    "Flat_4718": "a platform without folders",
    "Deep_4719": "folders",
    "Other name_4720": "known by its cells",
    "O'Brien-Smith Mary_4721": "commas part a table",
    "홍길동_4723": "from a Mac",
    "Safari_4724": "an ending too many",
    "Participant_4725": "the platform's name goes before",
    "Nested_20": "in a zip",
    "Bare_21": "a byte-order mark",
    "lovelaceada_12345": "second",
    "hoppergrace_12346": "hopper",
    "anon_Ab1C2": "nameless",
    "jdoe": "Tuesday",
    "Ada Lovelace": "Classroom",
    "Gauss": "tar",
    "noether": "the archive's name",
    "이순신": "CP949",
    "Müller": "CP437",
    "Riemann": "backslash",
    "euler": "gz",
    "van_der_Berg": "by hand",
    "Kim_Lee": "by hand too",
    "Hilbert": "behind",
    "20231234": "a number",
    "Turing": "a folder",
    "Emmy": "a folder, and no name",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """An instructor's folder, with a class's work in the archive folder."""
    folder = tmp_path_factory.mktemp("collecting")
    write(folder, [CHAPTERS[0]])
    course = folder / "nbgrader"
    for name, data in IN_ARCHIVES.items():
        path = course / "downloaded" / NAME / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return course


def collect(course, *options):
    """Run zip_collect, and return its last line and whether it reports success."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            nbgrader(course, "zip_collect", NAME, *options)
        done = True
    except RuntimeError:
        done = False
    return said.getvalue().splitlines()[-1], done


def submitted(course):
    paths = (course / "submitted").glob(f"*/{NAME}/{NAME}.ipynb")
    return {
        path.parts[-3]: json.loads(path.read_bytes())["cells"][0]["metadata"]["nbgrader"]["text"]
        for path in paths
    }


@pytest.fixture(scope="module")
def collected(course):
    said, done = collect(course)
    return submitted(course), said, done


def test_everybody_is_collected_with_the_latest_attempt_whatever_lies_around(collected):
    found, said, _ = collected
    (long,) = (name for name in found if name.startswith("가" * 40))
    assert found == COLLECTED | {long: "longer than a folder's name may be"}
    assert f"Collected {len(found)} students: " in said
    assert all(name in said for name in found)
    assert "lovelaceada_12345 (late)" in said


@pytest.mark.parametrize("file", NOT_COLLECTED)
def test_what_could_not_be_collected_is_named_with_the_reason(collected, file):
    _, said, done = collected
    reasons = said.split("NOT COLLECTED: ")[1].split("; ")
    student = file.split(FILE)[0]
    (reason,) = (reason for reason in reasons if student in reason)
    assert NOT_COLLECTED[file][1] in reason
    assert not done


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("cut off.zip", "cannot be read"),
        (f"{NAME}.ipynb", "no student's name"),
        (f"Class-20270308T120000Z-001.zip/Class/{NAME}.ipynb", "no student's name"),
        (f"Class-20270308T120000Z-001.zip/Class/{NAME} (1).ipynb", "no student's name"),
    ],
)
def test_a_bad_archive_and_nameless_work_are_named(collected, file, why):
    reasons = collected[1].split("NOT COLLECTED: ")[1].split("; ")
    (reason,) = (reason for reason in reasons if reason.startswith(f"{file} ("))
    assert why in reason


def test_nothing_is_written_beside_the_course(course, collected):
    inside = {"nbgrader", "nbgrader.zip"}
    assert {path.name for path in course.parent.iterdir()} == inside
    extracted = course / "downloaded" / NAME / "extracted"
    files = [path.relative_to(extracted).as_posix() for path in extracted.rglob("*.*")]
    assert sorted(files) == sorted(f"{name}/{NAME}.ipynb" for name in collected[0])


def test_collecting_again_replaces_nothing_unless_that_is_asked_for(tmp_path):
    write(tmp_path, [CHAPTERS[0]])
    course = tmp_path / "nbgrader"
    archive = course / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    (archive / f"ada_{NAME}.ipynb").write_bytes(notebook("first"))
    said, done = collect(course)
    assert done
    assert "NOT COLLECTED: nothing" in said
    (archive / f"ada_{NAME} (1).ipynb").write_bytes(notebook("second"))
    (archive / f"bob_{NAME}.ipynb").write_bytes(notebook("Bob"))
    extracted = course / "downloaded" / NAME / "extracted"
    extracted.rename(extracted.with_name("before"))
    said, done = collect(course)
    assert not done
    assert f"ada_{NAME} (1).ipynb" in said
    assert "--force" in said
    assert submitted(course) == {"ada": "first", "bob": "Bob"}
    said, done = collect(course, "--force")
    assert done
    assert "1 older attempts" in said
    assert submitted(course) == {"ada": "second", "bob": "Bob"}


def test_damaged_files_cost_nobody_else_and_are_all_named(tmp_path, capsys):
    write(tmp_path, [CHAPTERS[0]])
    archive = tmp_path / "nbgrader" / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    (archive / f"ada_{NAME}.ipynb").write_bytes(notebook("right"))
    data = notebook("x" * 50)
    right = {
        "zip": zipped({f"{NAME}.ipynb": data}),
        "tar.gz": tarred({f"{NAME}.ipynb": data}),
        "ipynb.gz": gzip.compress(data),
        "ipynb": data,
    }
    chance = random.Random(7)
    files = []
    for number in range(240):
        ending = list(right)[number % 4]
        damaged = bytearray(right[ending])
        for _ in range(chance.choice([1, 1, 3, 20])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        between = f"_{NAME}" if "ipynb" in ending else ""
        files.append(f"student {number}{between}.{ending}")
        (archive / files[-1]).write_bytes(damaged)
    with contextlib.suppress(RuntimeError):
        nbgrader(tmp_path / "nbgrader", "zip_collect", NAME)
    said = capsys.readouterr().err
    collected = {path.name for path in (tmp_path / "nbgrader" / "submitted").iterdir()}
    assert "ada" in collected
    assert 9 < len(collected) < 200
    for number, file in enumerate(files):
        assert (
            f"student {number}" in collected
            or f"Left out {file}" in said
            or f"{file} (" in said
            or f"{file}/" in said
        )


def test_an_empty_folder_collects_nobody_and_says_so(tmp_path):
    write(tmp_path, [CHAPTERS[0]])
    course = tmp_path / "nbgrader"
    (course / "downloaded" / NAME / "archive").mkdir(parents=True)
    said, done = collect(course)
    assert not done
    assert "Collected 0 students: nobody" in said


# Whose is it? ------------------------------------------------------------------------------------


def students(*paths, place=""):
    """The ids that files get, by their paths below the archive."""
    hand_ins = []
    for shown in paths:
        *folders, name = (COLLECT["legible"](part) for part in shown.split("/"))
        stem = COLLECT["NOTEBOOK"].sub("", name)
        hand_ins.append(COLLECT["HandIn"](shown, place, folders, stem, (), Path()))
    COLLECT["attribute"](hand_ins, TITLES)
    return [hand_in.student for hand_in in hand_ins]


letters = st.characters(categories=["Lu", "Ll", "Lo"], exclude_characters="ª\u00ba")
words = st.text(letters, min_size=2, max_size=9)
people = st.lists(words, min_size=1, max_size=4).map(" ".join)


def is_somebody(name):
    """Not a word such as "final", which names nobody."""
    return bool(COLLECT["person_in"](name)) and not COLLECT["re"].search("chapter", name, 2)


def same(one, other):
    return unicodedata.normalize("NFC", one).lower() == unicodedata.normalize("NFC", other).lower()


@given(people, people, st.integers(0, 10**9), st.integers(0, 10**9))
@example("Kim Lee", "Kim Lee", 4711, 4712)
@example("van der Berg", "van", 4711, 4711)
@example("홍길동", "홍길순", 1, 1)
def test_two_people_of_a_platform_never_get_one_id(name, other, number, other_number):
    assume(not same(name, other) or number != other_number)
    one, two = students(
        f"{name}_{number}{FILE}/{NAME}.ipynb", f"{other}_{other_number}{FILE}/{NAME}.ipynb"
    )
    assert not same(one, two)
    assert all(student and "/" not in student and "," not in student for student in (one, two))


@given(people, people, st.sampled_from(["_{}", " - {}", "-{}", " {}"]), st.sampled_from("_ "))
@example("van der Berg", "van den Berg", "_{}", "_")
@example("Kim Lee", "Kim", "_{}", "_")
def test_two_people_by_hand_never_get_one_id(name, other, pattern, space):
    assume(is_somebody(name) and is_somebody(other) and not same(name, other))
    one, two = students(
        *(f"{person.replace(' ', space)}{pattern.format(NAME)}.ipynb" for person in (name, other))
    )
    assert one
    assert not same(one, two)


COPIES = [
    "{}_chapter-01.ipynb",
    "{}_chapter-01 (2).ipynb",
    "{}_chapter-01-1.ipynb",
    "{}_chapter-01-Copy1.ipynb",
    "{}_chapter-01 - Copy (2).ipynb",
    "{}_chapter-01 - 복사본.ipynb",
    "{}_Chapter_01_final.ipynb",
    "{} - CHAPTER 1.IPYNB",
    "Copy of {}_chapter-01.ipynb",
    "사본 - {}_chapter-01.ipynb",
    "{}_chapter-01.ipynb.txt",
]


@given(people, st.sampled_from(COPIES), st.sampled_from(COPIES), st.sampled_from(["NFC", "NFD"]))
@example("홍길동", COPIES[0], COPIES[1], "NFD")
def test_all_attempts_of_one_person_get_one_id(name, one, other, form):
    assume(is_somebody(name))
    first, second = students(
        one.format(name), unicodedata.normalize(form, other.format(name)), place="a.zip"
    )
    assert first == second == COLLECT["identity"](unicodedata.normalize("NFC", name))


@given(people, st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9))
def test_all_files_of_one_person_in_canvas_get_one_id(name, number, attempt, other):
    name = "".join(character for character in name.lower() if character.isalnum())
    assume(name)
    one, two = students(
        f"{name}_{number}_{attempt}_{NAME}.ipynb", f"{name}_LATE_{number}_{other}_{NAME}-1.ipynb"
    )
    assert one == two == COLLECT["identity"](unicodedata.normalize("NFC", name), str(number))


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["LSTM 2027/Ada/src/chapter-01.ipynb", "LSTM 2027/Bob/src/chapter-01.ipynb"], "Ada Bob"),
        (["Ada/homework_chapter-01.ipynb", "Bob/homework_chapter-01.ipynb"], "Ada Bob"),
        (["Ada/lstm.ipynb", "Bob/lstm.ipynb"], "Ada Bob"),
        (["ada/try 1/chapter-01.ipynb", "bob/chapter-01.ipynb"], "ada bob"),
        (["week 1/ada_chapter-01.ipynb", "week 2/ada_chapter-01.ipynb"], "ada ada"),
        (["chapter-01.ipynb", "chapter-01 (1).ipynb"], " "),
        (["Kim_2023_1234_chapter-01.ipynb"], "Kim_2023_1234"),
        (["Kim_Lee_LATE_17_18_chapter-01.ipynb"], "Kim_Lee_17"),
        (["student_1_chapter-01.ipynb", "student_2_chapter-01.ipynb"], "student_1 student_2"),
    ],
)
def test_whose_a_file_is_by_its_name_and_its_folders(paths, expected):
    assert students(*paths) == expected.split(" ")


def test_one_name_on_files_in_the_folders_of_two_people_is_not_taken_for_one_person():
    one, two = students("Ada/x y_chapter-01.ipynb", "Bob/x y_chapter-01.ipynb")
    assert (one, two) == ("Ada x y", "Bob x y")


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3))
@example("chapter-" + "9" * 5000, [])
@example("chapter-01" * 50, ["_4711_file"])
def test_any_name_at_all_gets_an_id_that_can_be_a_folder_or_none(stem, folders):
    path = "/".join([*folders, stem]).replace("\ud800", "")
    hand_in = COLLECT["HandIn"](path, "", folders, stem, (), Path())
    if TITLES.around(stem) is None:
        return
    COLLECT["attribute"]([hand_in], TITLES)
    student = hand_in.student
    assert len(student.encode()) <= 255
    assert not set(student) & set('/\\:*?"<>|,[]{}\0')
    assert student == student.strip(" .")

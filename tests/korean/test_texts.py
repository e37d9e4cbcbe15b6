"""The Korean text is complete and current, and lies over the English without touching its code."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.contents import NOTEBOOKS, ROOT, page_of, pages
from tools.course.plain_markdown import labels
from tools.korean import texts
from tools.korean.__main__ import accept, marked_difference, report
from tools.korean.parity import complaints
from tools.notebooks import HTML, live_figure_of

TRANSLATED = texts.translated()
GATES = "chapters/04_gate_mechanics"
every_page = pytest.mark.parametrize("page", TRANSLATED)
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


# Complete and current --------------------------------------------------------


def test_every_page_but_the_plans_of_sessions_is_to_be_translated():
    left = [page for page in pages() if page not in TRANSLATED]
    assert [page for page in left if not re.fullmatch(r"course/session_\d", page)] == []
    assert len(left) == len(list(ROOT.glob("course/session_*.md")))


@every_page
def test_every_english_cell_has_its_korean_and_none_is_stale(page):
    found = texts.state(page)
    assert found.current
    assert [cell.id for cell, _ in found.stale] == [], "run: make korean"
    assert [cell.id for cell in found.missing] == [], "run: make korean"
    assert [block.id for block in found.left_over] == [], "run: make korean"


@every_page
def test_korean_and_english_agree_in_what_can_be_counted(page):
    found = texts.state(page)
    wrong = [f"{c.id}: {w}" for c, b in found.current for w in complaints(c, b)]
    assert not wrong, "\n".join(wrong)


def test_no_korean_file_is_for_a_page_that_the_book_does_not_have():
    files = {
        p.relative_to(texts.FOLDER).with_suffix("").as_posix() for p in texts.FOLDER.rglob("*.md")
    }
    assert files - {"README"} == set(TRANSLATED)


@every_page
def test_the_blocks_stand_in_the_order_of_the_english_cells(page):
    assert list(texts.blocks_of(page)) == [cell.id for cell in texts.english(page)]


ENDS_IN_A_CONSONANT = "013678"  # 영, 일, 삼, 육, 칠, 팔; as the last digit, also of 10 (십)
AFTER = {
    **dict.fromkeys(("은", "이", "을", "과", "이에요", "이라"), True),
    **dict.fromkeys(("는", "가", "를", "와", "예요", "라"), False),
}


@every_page
def test_a_particle_behind_a_numbered_reference_agrees_with_its_number(page):
    text = texts.korean_path(page).read_text(encoding="utf-8")
    particles = "|".join(sorted(AFTER, key=len, reverse=True))
    pattern = rf"\{{(?:eq|numref)\}}`([\w-]+)`({particles})(?![가-힣])"
    for label, particle in re.findall(pattern, text):
        number = labels("ko")[label].name.strip("()")
        assert AFTER[particle] == (number[-1] in ENDS_IN_A_CONSONANT), (label, number, particle)


# One source of code ----------------------------------------------------------


def without_words(notebook):
    """Everything of a notebook but prose, captions, alternative texts and live figures."""
    kept = json.loads(nbformat.writes(notebook))
    for cell in kept["cells"]:
        shown = cell["metadata"].get("mystnb", {})
        shown.get("figure", {}).pop("caption", None)
        shown.get("image", {}).pop("alt", None)
        if cell["cell_type"] == "markdown":
            cell["source"] = None
        for output in cell.get("outputs", []):
            if "lstm-live" in "".join(output.get("data", {}).get(HTML, "")):
                output["data"][HTML] = None
    return kept


@every_notebook
def test_code_outputs_counts_ids_and_tags_are_the_english_notebooks_own(path):
    english = nbformat.read(path, as_version=4)
    korean = texts.korean_notebook(page_of(path))
    assert without_words(korean) == without_words(english)
    nbformat.validate(korean)
    figures = [cell for cell in korean.cells if live_figure_of(cell)]
    assert len(figures) == sum(1 for cell in english.cells if live_figure_of(cell))


@pytest.fixture(scope="module")
def gates():
    """Chapter 4 in English, the blocks of its Korean, and the two together."""
    english, blocks = nbformat.read(texts.path_of(GATES), as_version=4), texts.blocks_of(GATES)
    return english, blocks, texts.lay_over(english, blocks)


@given(st.data())
def test_a_block_that_is_missing_or_old_changes_its_own_cell_and_no_other(gates, data):
    english, blocks, whole = gates
    gone = data.draw(st.sets(st.sampled_from(sorted(blocks)), max_size=5), label="gone")
    old = data.draw(st.sets(st.sampled_from(sorted(blocks)), max_size=5), label="old")
    changed = {
        name: texts.Block(name, "0" * 10, block.text) if name in old else block
        for name, block in blocks.items()
        if name not in gone
    }
    partly = texts.lay_over(english, changed)
    assert without_words(partly) == without_words(english)
    for cell, there, source in zip(partly.cells, whole.cells, english.cells, strict=True):
        if cell.id not in gone | old:
            assert cell == there
        elif cell.cell_type == "code":
            shown, caption = (
                c.metadata["mystnb"].get("figure", {}).get("caption") for c in (cell, source)
            )
            assert shown == (caption and caption + texts.STALE_CAPTION)
        elif not source.source.startswith(":::{solution-end}"):
            assert texts.STALE in cell.source
            assert cell.source.replace(texts.STALE, "").split() == source.source.split()


@every_page
def test_a_page_is_cut_into_cells_without_losing_a_letter(page):
    if texts.path_of(page).suffix == ".md":
        text = texts.path_of(page).read_text(encoding="utf-8")
        cells = list(texts.cut_page(text))
        assert "".join(part for _, part in cells) == text
        assert len({name for name, _ in cells}) == len(cells)


def test_on_a_page_of_markdown_a_stale_part_is_english_and_says_so():
    text = "(a)=\n# One\n\nFirst.\n\n## Two\n\nSecond.\n"
    (name, one), _ = texts.cut_page(text)
    assert name == "top"
    current = texts.Block(
        "top", texts.English("top", one.strip("\n")).hash, "(a)=\n# 하나\n\n처음이에요."
    )
    old = texts.Block("two", "0" * 10, "## 둘\n\n다음이에요.")
    laid = texts.lay_over_page(text, {"top": current, "two": old})
    assert laid.startswith("(a)=\n# 하나\n\n처음이에요.\n\n## Two\n\n:::{admonition}")
    assert laid.endswith(":::\n\nSecond.\n")
    assert "다음" not in laid


# What a translator is told ---------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('글\n+++ {"cell": "a", "of": "1"}\n', "text before"),
        ('+++ {"cell": "a"}\n글\n', "expected"),
        ("+++ {cell: a}\n글\n", "expected"),
        ('+++ {"cell": "a", "of": "1"}\n글\n+++ {"cell": "a", "of": "1"}\n글\n', "two blocks"),
        ('+++ {"cell": "a", "of": "1"}\n글\n+++\n', "without a header"),
    ],
)
def test_a_file_that_is_written_wrongly_is_refused_with_its_name(text, said):
    with pytest.raises(texts.KoreanError, match=f"ko/x.md: .*{said}"):
        texts.read_blocks(text, "ko/x.md")


def test_a_difference_is_marked_word_by_word():
    assert marked_difference("it keeps 20 % of it", "it keeps 30 % of it") == (
        "it keeps [-20-]{+30+} % of it"
    )


@pytest.fixture
def changed_english(tmp_path, monkeypatch):
    """A copy of chapter 4 with its Korean in a repository of its own, to be changed."""
    for path in (texts.path_of(GATES), texts.korean_path(GATES)):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True)
    for module in ("tools.korean.texts", "tools.korean.__main__"):
        monkeypatch.setattr(sys.modules[module], "ROOT", tmp_path)
    monkeypatch.setattr(texts, "FOLDER", tmp_path / "ko")

    def change(cell_id, old, new):
        path = texts.path_of(GATES)
        notebook = nbformat.read(path, as_version=4)
        (cell,) = [cell for cell in notebook.cells if cell.id == cell_id]
        if cell.cell_type == "markdown":
            assert old in cell.source
            cell.source = cell.source.replace(old, new)
        else:
            shown = cell.metadata["mystnb"]["figure"]
            assert old in shown["caption"]
            shown["caption"] = shown["caption"].replace(old, new)
        nbformat.write(notebook, path)

    return change


def test_a_changed_sentence_is_reported_with_its_difference_until_it_is_accepted(
    changed_english, capsys
):
    changed_english("a-fraction-kept", "keep 20 %", "keep a fifth, 20 %")
    assert report(GATES) == 1
    said = capsys.readouterr().out
    assert "ko/chapters/04_gate_mechanics.md: STALE a-fraction-kept" in said
    assert "keep {+a fifth, +}20 %" in said
    shown = {cell.id: cell.source for cell in texts.korean_notebook(GATES).cells}
    assert texts.STALE in shown["a-fraction-kept"]
    assert "a fifth, 20 %" in shown["a-fraction-kept"]
    accept(GATES, ["a-fraction-kept"])
    assert texts.state(GATES).stale == []


def test_a_changed_caption_is_shown_in_english_until_it_is_translated(changed_english, capsys):
    changed_english("figure-sigmoid", "nearly zero", "almost zero")
    assert report(GATES) == 1
    assert "[-nearly-]{+almost+} zero" in capsys.readouterr().out
    cells = {cell.id: cell for cell in texts.korean_notebook(GATES).cells}
    caption = cells["figure-sigmoid"].metadata["mystnb"]["figure"]["caption"]
    assert "almost zero" in caption
    assert caption.endswith(texts.STALE_CAPTION)


def test_a_cell_with_a_new_name_is_recognised_by_its_words(changed_english, capsys):
    path = texts.path_of(GATES)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"a-fraction-kept"', '"a-share-kept"'), encoding="utf-8")
    assert report(GATES) == 2
    said = capsys.readouterr().out
    assert "MISSING a-share-kept (its text was the cell a-fraction-kept" in said
    assert "NO SUCH CELL a-fraction-kept" in said

"""Write the course's files beside the site: notebooks for students and instructors in English and
Korean, slides, assignments for nbgrader, and a page that lists them.

`make course` runs it for _build/html/course; the site's own build calls `write` as well, so that
no link to the course is dead. The same chapters give the same bytes. reveal.js, which makes pages
of slides into a show, is added where npm has installed it.
"""

import html
import json
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lstm_utils import command_line
from lstm_utils.messages import LANGUAGE
from tools.contents import (
    BOOK,
    CHAPTERS,
    FOLDERS,
    NOTEBOOKS,
    ROOT,
    TITLES,
    number_of,
    page_of,
    session_of,
)
from tools.course import assignments, slides
from tools.course.exercises import SOLUTION_END, STUB, read_chapter
from tools.course.plain_markdown import SITE, labels, notebook, page_url, plain
from tools.course.proofs import RECORD
from tools.notebooks import METADATA

BRANCH = "student"  # holds the student notebooks; .github/workflows/pages.yml pushes it
REPOSITORY = BOOK["repository"]["url"].removeprefix("https://github.com/")
COLAB = f"https://colab.research.google.com/github/{REPOSITORY}/blob/{BRANCH}"
COLAB_METADATA = {"colab": {"provenance": [], "toc_visible": True}}
# What stands at the top of a notebook, by language, and what its links are called.
STUDENT = {
    "en": """\
> **Student notebook.** This is {title}, a chapter of [{book}]({site}), without stored outputs and \
without the solutions of its exercises. Run the cells from the top. In an exercise, write your \
answer where the cell asks for it and run the cell: its last line checks the answer and says where \
to look. On Colab, *File → Save a copy in Drive* keeps what you write.
>
> {links}""",
    "ko": """\
> **학생용 노트북이에요.** [{book}]({site})의 한 장인 {title}에서 저장된 출력과 연습 문제의 \
풀이를 뺐어요. 코드 셀을 맨 위부터 차례로 실행하세요. 연습 문제에서는 코드 셀이 묻는 자리에 답을 \
쓰고 그 코드 셀을 실행하세요. 마지막 줄이 답을 확인하고 어디를 봐야 하는지 알려 줘요. Colab에서는 \
*파일 → Drive에 사본 저장*을 골라야 쓴 것이 남아요.
>
> {links}""",
}
INSTRUCTOR = {
    "en": """\
> **Instructor's notebook.** This is {title}, a chapter of [{book}]({site}), with its outputs, the \
solutions of its exercises, and after each what students write and what the check says to it.
>
> {links}""",
    "ko": """\
> **강사용 노트북이에요.** [{book}]({site})의 한 장인 {title}에 출력과 연습 문제의 풀이를 모두 \
담았어요. 풀이마다 그 뒤에 학생들이 자주 쓰는 답과, 그 답에 검사가 하는 말이 있어요.
>
> {links}""",
}
LINKS = {
    "en": ("the chapter on the site", "slides", "plan of the session"),
    "ko": ("사이트에서 이 장 읽기", "슬라이드(영어)", "수업 계획(영어)"),
}
# The one code cell that a Korean notebook has more: `check(…)` then answers in Korean.
IN_KOREAN = f'''\
import os

os.environ["{LANGUAGE}"] = "ko"  # the language of what `check` says'''


def read_in(path, language):
    """Return a notebook's cells with the words of a language, each with what exercise it solves."""
    solved = (solving for _, solving in read_chapter(path)[1])
    return list(zip(notebook(path, language).cells, solved, strict=True))


def title_in(path, language):
    """Return the title of a notebook in a language."""
    return re.search(r"(?m)^# (.+)$", read_in(path, language)[0][0].source)[1]


def _head(path, text, language):
    """Return the cells at the top of a notebook: what it is, and its language if not English."""
    number, title = session_of(path) if path in CHAPTERS else None, title_in(path, language)
    chapter, deck, plan = LINKS[language]
    links = [f"[{chapter}]({page_url(page_of(path), language)})"]
    if number:
        links.append(f"[{deck}]({SITE}course/slides/session_{number}/index.html)")
    if number and text is INSTRUCTOR:  # it answers the exit ticket
        links.append(f"[{plan}]({page_url(f'course/session_{number}')})")
    told = text[language].format(
        title=f"*{title}*",
        book=TITLES[language],
        site=f"{SITE}{FOLDERS[language]}",
        links=" · ".join(links),
    )
    head = [new_markdown_cell(told, id="about-this-notebook")]
    return head if language == "en" else [*head, new_code_cell(IN_KOREAN, id="in-korean")]


def student(path, language="en"):
    """Return a chapter as a notebook for students: no outputs, no solutions, plain Markdown."""
    cells = _head(path, STUDENT, language)
    for cell, solving in read_in(path, language):
        if not solving:
            cells += _plain_cells(cell, page_of(path), language)
    return _notebook(cells)


def instructor(path, recorded, language="en"):
    """Return a chapter with outputs, solutions, and what the checks say to wrong answers."""
    cells = _head(path, INSTRUCTOR, language)
    for cell, solving in read_in(path, language):
        if cell.source == SOLUTION_END:
            cells += _wrong_answers(solving.number, recorded, language)
        else:
            cells += _plain_cells(cell, page_of(path), language, outputs=cell.get("outputs", []))
    return _notebook(cells)


def _plain_cells(cell, page, language, outputs=None):
    """Return a cell without the book's markup, and a figure's caption as a cell of its own."""
    if cell.cell_type == "markdown":
        return [new_markdown_cell(plain(cell.source, page, language), id=cell.id)]
    stub = STUB in cell.metadata.get("tags", [])  # of the tags, only this one means something here
    cells = [new_code_cell(cell.source, id=cell.id, metadata={"tags": [STUB]} if stub else {})]
    if outputs is not None:
        cells[0].outputs, cells[0].execution_count = outputs, cell.execution_count
    if figure := cell.metadata.get("mystnb", {}).get("figure"):
        name = labels(language)[figure["name"]].name
        caption = f"**{name}.** {plain(figure['caption'], page, language)}"
        cells.append(new_markdown_cell(caption, id=f"{cell.id}-caption"))
    return cells


WRONG = {
    "en": "#### What students write in exercise {number}, and what the check says",
    "ko": "#### 연습 문제 {number}에서 학생들이 쓰는 답과 검사가 하는 말",
}


def _wrong_answers(number, recorded, language):
    """Return typical wrong answers to an exercise and what the check says, in one cell or none."""
    wrong = recorded.get(number, {}).get("wrong", [])
    lines = [WRONG[language].format(number=number)]
    for answer in wrong:
        if language == "en":
            lines.append(f"**{answer['mistake'][0].upper()}{answer['mistake'][1:]}.**")
        lines.append(f"```python\n{answer['answer']}\n```")
        lines.append(f"> ✗ {answer['said' if language == 'en' else 'said_in_korean']}")
    name = f"ex-{number.replace('.', '-')}-wrong-answers"
    return [new_markdown_cell("\n\n".join(lines), id=name)] if wrong else []


def _notebook(cells):
    notebook = new_notebook(cells=cells, metadata=METADATA | COLAB_METADATA)
    nbformat.validate(notebook)
    return notebook


def write(folder):
    """Write notebooks, slides, assignments and the page that lists them into a folder."""
    folder = Path(folder)
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    for language, place in FOLDERS.items():
        for kind in ("student", "instructor"):
            (folder / kind / place).mkdir(parents=True, exist_ok=True)
        for path in CHAPTERS:
            notebooks = student(path, language), instructor(path, recorded, language)
            for kind, made in zip(("student", "instructor"), notebooks, strict=True):
                nbformat.write(made, folder / kind / place / path.name)
    # Off the site, the Korean of a reference page is there on Colab alone.
    for path in set(NOTEBOOKS) - set(CHAPTERS):
        nbformat.write(student(path, "ko"), folder / "student" / FOLDERS["ko"] / path.name)
    (folder / "student" / "README.md").write_text(readme(), encoding="utf-8")
    slides.write(folder)
    assignments.write(folder)
    (folder / "index.html").write_text(index(recorded), encoding="utf-8")


def readme():
    """Return what a student reads in the folder of the notebooks, which is a branch as well."""
    notebooks = "\n".join(
        f"- [{title_in(path, language)}]({place}{path.name}) "
        f"([open in Colab]({COLAB}/{place}{path.name}))"
        for language, place in FOLDERS.items()
        for path in CHAPTERS
    )
    return (
        f"The students' notebooks of [{BOOK['title']}]({SITE}): each chapter without solutions and "
        f"without outputs.\n\n{notebooks}\n\nThey are made from the chapters with every new "
        f"version of the site; corrections go to [the book]({BOOK['repository']['url']}).\n"
    )


PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The course's files: {book}</title>
<link rel="icon" href="slides/assets/favicon.svg">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }}
[lang="ko"] {{ word-break: keep-all; }}
a {{ color: light-dark(#0b57a4, #8ab8ff); }}
li {{ margin: 0.3rem 0; }}
h2 {{ font-size: 1.15rem; margin: 2rem 0 0; }}
ul {{ margin: 0.3rem 0; padding-left: 1.3rem; }}
</style>
</head>
<body>
<main>
<h1>The course's files</h1>
<p>Notebooks, slides and assignments of <a href="../intro.html">{book}</a>, made from its chapters.
<a href="README.html">How to teach with them.</a></p>
{chapters}
<h2>For a class with nbgrader</h2>
<ul><li><a href="nbgrader.zip" download>All assignments and the configuration</a> (zip)</li></ul>
</main>
</body>
</html>
"""


def index(recorded):
    """Return the page that lists what the folder holds."""
    chapters = "\n".join(_listed(path, recorded) for path in CHAPTERS)
    return PAGE.format(book=BOOK["title"], chapters=chapters)


def _listed(path, recorded):
    number = number_of(path)
    mine = [e for key, e in recorded.items() if key.split(".")[0] == str(number)]
    hours = sum(exercise["minutes"] for exercise in mine) / 60
    title = html.escape(title_in(path, "en"))
    links = [
        f'<a href="../{page_of(path)}.html">The chapter</a>',
        f'Student notebook: <a href="{COLAB}/{path.name}">open in Colab</a> or '
        f'<a href="student/{path.name}" download>download</a> '
        f"({len(mine)} exercises, {hours:.0f} hours)",
        f'<a href="instructor/{path.name}" download>Instructor\'s notebook</a>, with solutions',
        f'In Korean: <span lang="ko"><a href="../ko/{page_of(path)}.html">'
        f"{title_in(path, 'ko')}</a>, "
        f'<a href="{COLAB}/ko/{path.name}">Colab에서 열기</a>, '
        f'<a href="student/ko/{path.name}" download>학생용 노트북</a>, '
        f'<a href="instructor/ko/{path.name}" download>강사용 노트북</a></span>',
    ]
    if session := session_of(path):
        links.append(
            f'Session {session}: <a href="session_{session}.html">plan</a>, '
            f'<a href="slides/session_{session}/index.html">slides</a> '
            f'(<a href="slides/session_{session}/index.html?print-pdf">for printing</a>)'
        )
    items = "\n".join(f"<li>{link}</li>" for link in links)
    return f"<h2>{number}. {title}</h2>\n<ul>\n{items}\n</ul>"


def main(arguments=None):
    parser = command_line.parser(__doc__)
    beside = ROOT / "_build" / "html" / "course"
    parser.add_argument(
        "folder", nargs="?", type=command_line.path, default=beside, metavar="FOLDER"
    )
    folder = parser.parse_args(arguments).folder
    write(folder)
    print(f"The course's files are listed in {folder}/index.html")


if __name__ == "__main__":
    command_line.run(main)

"""What `nbgrader autograde` mends in a notebook before it runs; nbgrader_config.py loads this.

Hands duplicate, empty, move, split, merge and retype cells, and editors drop what nbgrader wrote on
them. The gradebook knows each cell of the assignment, so each is put back; what is the student's
own is kept and run, and a cell at the head of the marked notebook says what was done.
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import NbGraderPreprocessor

c = get_config()  # noqa: F821, nbgrader defines it

NOTE = "put-right"  # the id of the cell that says what was done
SHORTEST = 20  # letters of a locked cell that is looked for inside others
NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def read_notebook(data):
    """Return the notebook in some bytes, with all that nbgrader looks for in a cell; no outputs.

    Raises
    ------
    ValueError
        If the bytes are no notebook.
    """
    try:
        raw = json.loads(data)  # in UTF-8, UTF-16 or UTF-32, with a byte-order mark or without
        if isinstance(raw, dict) and "worksheets" in raw:
            raw = nbformat.reads(json.dumps(raw), as_version=4)
    except Exception as error:
        raise ValueError(f"the file that was handed in is no notebook: {error}") from None
    cells = raw.get("cells") if isinstance(raw, dict) else None
    if not isinstance(cells, list):
        raise ValueError("the file that was handed in is no notebook: it has no list of cells")
    notebook = new_notebook()
    notebook.metadata = _dictionary(raw.get("metadata"))
    for cell in cells:
        cell = _dictionary(cell)
        source = cell.get("source") or ""
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        new = NEW_CELL.get(cell.get("cell_type"), new_markdown_cell)(
            source.replace("\r\n", "\n").replace("\r", "\n")
        )
        new.metadata = _dictionary(cell.get("metadata"))
        name = cell.get("id")
        if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            new.id = new.id if any(name == other.id for other in notebook.cells) else name
        if new.cell_type == "markdown" and _dictionary(cell.get("attachments")):
            new.attachments = _dictionary(cell.attachments)
        notebook.cells.append(new)
    return notebook


def _dictionary(value):
    return nbformat.from_dict(value if isinstance(value, dict) else {})


class ReadWhatIsHandedIn(NotebookExporter):
    """Read a notebook that an editor or a mail program has written anew."""

    def from_file(self, file_stream, resources=None, **named):
        notebook = read_notebook(file_stream.buffer.read())
        return self.from_notebook_node(notebook, resources=resources, **named)


@dataclass
class Part:
    """A cell of the assignment, as the gradebook knows it."""

    name: str
    kind: str
    source: str
    metadata: dict
    locked: bool
    graded: bool

    @property
    def is_test(self):
        return self.graded and self.locked and self.kind == "code"

    @property
    def check(self):
        """The call in an answer's stub that only this exercise has."""
        call = None if self.locked else re.search(r'\bcheck\("[^"]+"', self.source)
        return call and call.group()

    def cell(self, source=None, attachments=None):
        """Return this cell; what only the student may write is given."""
        cell = NEW_CELL[self.kind](self.source if source is None else source, id=self.name)
        cell.metadata = nbformat.from_dict({"nbgrader": self.metadata})
        if attachments and self.kind == "markdown":
            cell.attachments = attachments
        return cell


def parts_of(notebook):
    """Return the cells of an assignment's notebook in the gradebook, in their order."""
    points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    grades, solutions, tasks = (
        {cell.name for cell in cells}
        for cells in (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
    )
    return [
        Part(
            cell.name,
            cell.cell_type,
            cell.source or "",
            {
                "schema_version": 3,
                "grade_id": cell.name,
                "cell_type": cell.cell_type,
                "checksum": cell.checksum,
                "grade": cell.name in grades,
                "locked": cell.locked,
                "solution": cell.name in solutions,
                "task": cell.name in tasks,
                **({"points": points[cell.name]} if cell.name in points else {}),
            },
            cell.locked,
            cell.name in grades,
        )
        for cell in notebook.source_cells
    ]


class PutBack(NbGraderPreprocessor):
    """Put each cell of the assignment back in its place, keep the student's own, and say so."""

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            parts = parts_of(gradebook.find_notebook(names["notebook"], names["assignment"]))
        nb.cells, notes = put_back(nb.cells, parts)
        nb.metadata = nbformat.from_dict({})  # nbgrader writes the kernel's name there
        for note in notes:
            self.log.warning("%s of %s: %s", names["notebook"], names["student"], note)
        if notes:
            text = "**Put right before marking**\n\n" + "\n".join(f"- {note}" for note in notes)
            nb.cells.insert(0, new_markdown_cell(text, id=NOTE))
        return nb, resources


def put_back(cells, parts):
    """Return the cells to mark, and a sentence for each thing that was put right.

    cells: as handed in. parts: those of the assignment, in their order.
    """
    notes = defaultdict(dict)  # what was done → the cells that it was done to
    by_name = {part.name: part for part in parts}
    found = [
        pair
        for cell in cells
        if cell.id != NOTE
        for pair in _cut(cell, _name_of(cell, by_name, notes), parts, notes)
    ]
    found = _recognised(found, parts, notes)
    copies = defaultdict(list)
    for name, cell in found:
        copies[name].append(cell)
    result = []
    for name, cell in found:
        if name is None:
            result.append((None, _plain(cell)))
            result[-1][1].id = cell.id
        elif by_name[name].locked:
            result += _locked(by_name[name], cell, copies[name], notes)
        else:
            result += _answer(by_name[name], cell, copies[name], notes)
    _in_order(result, parts, notes)
    sentences = [
        f"{', '.join(f'`{name}`' for name in names)}: {done}." for done, names in notes.items()
    ]
    return [cell for _, cell in result], sentences


def _name_of(cell, by_name, notes):
    """Return which part a cell is, by what nbgrader or the course wrote on it."""
    name = _dictionary(cell.metadata.get("nbgrader")).get("grade_id")
    if isinstance(name, str) and name in by_name:
        return name
    if name:
        notes["no cell of this assignment, run without marks"][name] = True
    if cell.id in by_name:
        notes["without nbgrader's mark, known by its id"][cell.id] = True
        return cell.id
    return None


def _cut(cell, name, parts, notes):
    """Yield the pieces of a cell that others were merged into, each with the part that it is."""
    for part in parts:
        original = part.source.strip()
        if not part.locked or len(original) < SHORTEST or original not in cell.source:
            continue
        before, behind = (text.strip("\n") for text in cell.source.split(original, 1))
        if not (before + behind).strip():
            yield name or part.name, cell
            return
        notes["in one cell with something else, cut out of it"][part.name] = True
        own = None if name == part.name else name
        if before.strip():
            yield from _cut(_plain(cell, before), own, parts, notes)
            own = None
        yield part.name, NEW_CELL[part.kind](part.source)
        if behind.strip():
            yield from _cut(_plain(cell, behind), own, parts, notes)
        return
    yield name, cell


def _plain(cell, source=None):
    """Return a cell of the student's own, without what editors and nbgrader write on cells."""
    new = NEW_CELL[cell.cell_type](cell.source if source is None else source)
    if "attachments" in cell:
        new.attachments = cell.attachments
    return new


def _recognised(found, parts, notes):
    """Name the answers that carry no mark: by the call of their check, or by the cell in front."""
    present = {name for name, _ in found}
    fronts = zip(parts, [None, *parts], strict=False)
    missing = [(part, front) for part, front in fronts if not part.locked | (part.name in present)]
    result, before = [], None
    for name, cell in found:
        for part, front in missing if name is None else []:
            by_call = part.check and part.check in cell.source
            by_place = part.kind == cell.cell_type == "markdown" and front and before == front.name
            if by_call or by_place:
                name = part.name
                notes["without nbgrader's mark, known by its place or its check"][name] = True
                break
        before = name or before
        result.append((name, cell))
    return result


def _locked(part, cell, copies, notes):
    """Return a locked cell, and beside it what the student wrote into it."""
    is_first = cell is copies[0]
    if not is_first:
        notes["there more than once, counts once"][part.name] = True
    if cell.cell_type != part.kind:
        notes["of another type, changed back"][part.name] = True
    official = [(part.name, part.cell())] if is_first or part.is_test else []
    if cell.source.strip() == part.source.strip():
        return official
    notes["changed or emptied, put back; what you wrote stands beside it"][part.name] = True
    if part.kind == "code":
        return [(None, new_code_cell(cell.source)), *official] if cell.source.strip() else official
    original = set(part.source.splitlines())
    lines = [line for line in cell.source.splitlines() if line not in original]
    own = "\n".join(lines).strip()
    return [*official, (None, new_markdown_cell(own))] if own else official


def _answer(part, cell, copies, notes):
    """Return an answer's cell; of copies the untouched ones go, and words come together."""
    touched = [one for one in copies if one.source.strip() not in ("", part.source.strip())]
    kept = touched or copies[:1]
    if len(copies) > 1 and part.kind == "code":
        notes["there more than once, run in their order"][part.name] = True
    elif len(copies) > 1:
        notes["there more than once, put together"][part.name] = True
    if cell.cell_type != part.kind:
        notes["of another type, changed back"][part.name] = True
    if not touched and not cell.source.strip():
        notes["empty"][part.name] = True
    if not any(cell is one for one in (kept if part.kind == "code" else kept[:1])):
        return []
    if part.kind == "code":
        return [(part.name, part.cell(cell.source))]
    pictures = {}
    for one in kept:
        pictures.update(one.get("attachments", {}))
    words = "\n\n".join(dict.fromkeys(one.source.strip() for one in kept))
    return [(part.name, part.cell(words or part.source, pictures))]


def _in_order(result, parts, notes):
    """Put back what is missing, the set-up in front of all answers, each test behind its own."""
    answer = before = None
    set_ups = []
    for part in parts:
        here = _places(result, part.name)
        behind = _places(result, before)[-1] + 1 if before else 0
        if part.is_test:
            answers = _places(result, answer) if answer else []
            right = [place for place in here if not answers or place > answers[0]]
            if not right:
                notes["missing or in front of its answer, put behind it"][part.name] = True
            _place(result, part, right[0] if right else answers[-1] + 1 if answers else behind)
            _mark_one(result, answer, _places(result, part.name)[0])
        elif part.kind == "code" and part.locked and answer is None:
            set_ups.append(part.name)
            code = [i for i, (_, cell) in enumerate(result) if cell.cell_type == "code"]
            named = [i for i in code if result[i][0] not in [None, *set_ups]]
            if not here or here[0] > min(named, default=len(result)):
                notes["missing or behind answers, put in front"][part.name] = True
                _place(result, part, behind if before in set_ups else min(code, default=behind))
        elif not here and (part.graded or part.metadata["task"]):
            notes["missing, put back"][part.name] = True
            _place(result, part, behind)
        if part.kind == "code" and not part.locked:
            answer = part.name
        before = part.name if _places(result, part.name) else before
    for part in parts:
        _mark_one(result, part.name, len(result))


def _places(result, name):
    return [index for index, (other, _) in enumerate(result) if other == name]


def _place(result, part, place):
    """Leave a part in the list once, in front of what stands at a place now."""
    rest = [
        [pair for pair in pairs if pair[0] != part.name]
        for pairs in (result[:place], result[place:])
    ]
    result[:] = [*rest[0], (part.name, part.cell()), *rest[1]]


def _mark_one(result, name, end):
    """Leave a name to its last cell in front of a place, or to the first; others run unmarked."""
    places = _places(result, name) if name else []
    counts = [place for place in places if place < end][-1:] or places[:1]
    for place in set(places) - set(counts):
        result[place] = (None, _plain(result[place][1]))


c.Autograde.exporter_class = ReadWhatIsHandedIn
c.Autograde.sanitize_preprocessors = [PutBack, *Autograde.sanitize_preprocessors.default()]

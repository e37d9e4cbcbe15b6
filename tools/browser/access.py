"""What a page asks of a reader who listens or uses no mouse: axe-core and the Tab key.

Used by the suite on every page and on slides, and by the report of the site.
"""

from importlib.resources import files

# Rules that are off by default in axe-core 4.12: best practice that is on trial, and WCAG 2.2.
# Without two: `color-contrast-enhanced` is level AAA, and `focus-order-semantics` takes the Tab
# stop of a formula that scrolls, which `scrollable-region-focusable` asks for, for a fault.
MORE_RULES = (
    "identical-links-same-purpose",
    "label-content-name-mismatch",
    "meta-refresh-no-exceptions",
    "p-as-heading",
    "table-fake-caption",
    "target-size",
    "td-has-header",
)

# Sections are laid out when they are seen (book.css), and answers when they are opened: show all.
SHOW_ALL = """() => {
    const style = document.createElement("style");
    style.textContent = `section { content-visibility: visible !important }
        * { transition: none !important; animation: none !important }`;
    document.head.append(style);
    for (const details of document.querySelectorAll("article details")) details.open = true;
    for (const button of document.querySelectorAll("button.toggle-button-hidden")) button.click();
    // book.js gives what scrolls its Tab stop when it comes near.
    if (window.measure) document.querySelectorAll(MEASURED).forEach(measure);
}"""

# A word of code differs from another by its class and its box alone: of a kind one is looked at,
# else a chapter's ten thousand words take most of a minute.
ONE_WORD_OF_A_KIND = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll("pre span")) {
        const kind = word.className + "|" + word.closest(".cell_input, .output")?.className;
        if (word.childElementCount) continue;
        if (seen.has(kind)) word.replaceWith(word.textContent);
        seen.add(kind);
    }
}"""
FEW_FORMULAS = """() => {
    const formulas = [...document.querySelectorAll("mjx-container")];
    for (const formula of formulas.slice(3)) (formula.closest(".math") ?? formula).remove();
}"""

# What axe cannot decide ("incomplete") is counted too, but for contrast: a letter on a drawing.
RUN = """async ([context, options]) => {
    const { violations, incomplete } = await axe.run(context, options);
    return [...violations, ...incomplete.filter(({ id }) => id !== "color-contrast")].flatMap(
        ({ id, help, nodes }) => nodes.map(
            node => `${id}: ${help}: ${node.target.join(" ")}: ${node.html.slice(0, 150)}`));
}"""

CONTRAST = ["color-contrast", "link-in-text-block"]
# Letters within a live figure's drawing are ink on paper or a tint: tests/package/test_plotting.py.
WORDS = {"include": ["body"], "exclude": ["figure.lstm-live svg"]}


def show_all(tab):
    tab.evaluate(SHOW_ALL)


def set_theme(tab, theme):
    tab.emulate_media(color_scheme=theme)
    # A figure on a page of its own follows without a word of it.
    code = "theme => (document.documentElement.dataset.theme ?? theme) === theme"
    tab.wait_for_function(code, arg=theme)


def axe_findings(tab, without=()):
    """Return what axe-core finds on an open page, light and dark, one line a finding.

    `without` names rules that ask for what the page need not have. Afterwards the page has lost
    most of its formulas and the colours of its code.
    """
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    show_all(tab)
    tab.evaluate(ONE_WORD_OF_A_KIND)
    tab.evaluate(script)
    set_theme(tab, "light")
    rules = {rule: {"enabled": rule not in without} for rule in (*MORE_RULES, *without)}
    rules |= {rule: {"enabled": False} for rule in CONTRAST}
    # Preloading asks for the stylesheets again, which no page from a file may.
    options = {"rules": rules, "preload": not tab.url.startswith("file:")}
    rules["css-orientation-lock"] = {"enabled": options["preload"]}
    found = tab.evaluate(RUN, [{"include": ["html"]}, options])
    tab.evaluate(FEW_FORMULAS)
    for theme in ("light", "dark"):
        set_theme(tab, theme)
        contrast = tab.evaluate(RUN, [WORDS, {"runOnly": CONTRAST}])
        found += [f"{theme}: {finding}" for finding in contrast]
    return found


# The next Tab goes on from where the focus was last, even if that lost it.
TO_THE_TOP = """() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
}"""

# What can be reached is listed first; then each stop of the Tab key is noted as it gets the focus.
REACHABLE = """() => {
    const candidates = "a[href], button, input, select, textarea, summary, [tabindex]";
    window.reachable = [...document.querySelectorAll(candidates)].filter(
        one => one.tabIndex >= 0 && !one.disabled && !one.closest("[inert]")
            && one.checkVisibility({ visibilityProperty: true }));
    window.stops = [];
    document.addEventListener("focusin", ({ target }) => {
        if (target === window.stops[0]?.target) window.finished = true; // at the top again
        if (window.finished) return;
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        const ring = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        const { width, height } = target.getBoundingClientRect();
        window.stops.push({ target, seen: ring && width > 0 && height > 0 });
    });
    return window.reachable.length;
}"""

FAULTS = """() => {
    const name = one =>
        `<${one.localName} class="${one.className}"> ${one.textContent.trim().slice(0, 40)}`;
    const visited = window.stops.map(stop => stop.target);
    const reached = new Set(visited);
    const faults = window.reachable.filter(one => !reached.has(one)
        // Of radio buttons of one name, the Tab key stops at one.
        && one.type !== "radio").map(one => `not reached: ${name(one)}`);
    for (const { target, seen } of window.stops) if (!seen) faults.push(`no ring: ${name(target)}`);
    for (let k = 1; k < visited.length; k++) {
        const back = visited[k].compareDocumentPosition(visited[k - 1]);
        if (!(back & Node.DOCUMENT_POSITION_PRECEDING || back & Node.DOCUMENT_POSITION_CONTAINS))
            faults.push(`out of order: ${name(visited[k - 1])} -> ${name(visited[k])}`);
    }
    return faults;
}"""


def keyboard_findings(tab):
    """Press Tab from the top of an open page to its end; return the stops made and the faults.

    A fault is a control that is not reached, reached out of order, or that shows no ring.
    """
    tab.evaluate(TO_THE_TOP)
    reachable = tab.evaluate(REACHABLE)
    # Some stops more than controls: Chromium stops at what scrolls. After the last comes the page.
    for _ in range(0, 2 * reachable + 20, 10):
        for _ in range(10):
            tab.keyboard.press("Tab")
        if tab.evaluate("window.finished"):
            break
    else:
        return reachable, ["the focus does not come round: it is trapped"]
    return reachable, list(dict.fromkeys(tab.evaluate(FAULTS)))

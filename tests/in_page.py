"""What tests in the browser share: a page with live figures, a watch on it, a hand on them."""


def page_of(*figures, body=""):
    """Return a page with nothing but these figures on it."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>live</title>'
    return f"{head}<body {body}>" + "".join(figure.html for figure in figures)


def note_what_goes_wrong(page, wrong, may_ask):
    """Add to `wrong` what a page prints, raises, misses, and asks for that `may_ask` denies it."""

    def asked(request):
        if not may_ask(request.url):
            wrong.append(f"asked {request.url}")

    def missed(request):
        if request.failure != "net::ERR_ABORTED":  # the page was left before it came
            wrong.append(f"missing {request.url}")

    page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
    page.on("requestfailed", missed)
    page.on("request", asked)


def drive(page, code, *arguments):
    """Call a function of the page's figure: drive(page, "figure => figure.live.state()")."""
    return page.locator("figure.lstm-live").first.evaluate(code, *arguments)


# What a hand does that tries one control after the other, and what there is to see and to hear.
WANDER = """(root, [seed, moves]) => {
    let a = seed;
    const random = () => {
        a = (a + 0x6d2b79f5) | 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    const one = (list) => list[Math.floor(random() * list.length)];
    const { live } = root;
    const move = (name) => {
        const control = live.controls[name];
        if (control.tagName === "BUTTON") control.click();
        else if (control.tagName === "SELECT") live.set(name, one(control.options).value);
        else if (control.type === "checkbox") live.set(name, random() < 0.5);
        else if (control.type === "range") {
            const [low, high, step] = [control.min, control.max, control.step].map(Number);
            const notches = Math.floor((high - low) / step + 1e-9);
            live.set(name, low + step * Math.round(random() * notches));
        }
    };
    const words = () => {
        const found = [];
        const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const { data, parentElement } = walk.currentNode;
            if (!parentElement.closest("style, script, .live-code")) found.push(data);
        }
        for (const node of [root, ...root.querySelectorAll("*")]) {
            for (const name of ["aria-label", "aria-valuetext", "title", "placeholder"]) {
                if (node.hasAttribute(name)) found.push(node.getAttribute(name));
            }
        }
        // A noscript is one text where scripts are on.
        const told = found.filter((text) => !text.includes("<style>"));
        return told.map((text) => text.replace(/<.*?>/g, ""));
    };
    const reading = root.querySelector(".live-reading");
    const reserved = parseFloat(getComputedStyle(reading).minHeight);
    const seen = () => {
        const texts = [...root.querySelectorAll(".live-drawing text")];
        return {
            words: words(),
            state: live.state(),
            drawn: texts.map((text) => [text.textContent, text.getBoundingClientRect().toJSON()]),
            overflow: reading.getBoundingClientRect().height - reserved,
        };
    };
    const found = [seen()];
    while (found.length <= moves) {
        const name = one(Object.keys(live.controls));
        if (live.controls[name].closest("[hidden]") || name === "play") continue;
        move(name);
        found.push(seen());
    }
    return found;
}"""


def wander(page, moves=30, seed=7):
    """Try a figure's controls at random, always the same way; what is there after each move."""
    return drive(page, WANDER, [seed, moves])


def press(page, name, key, times=1):
    """Give a control the focus and press a key."""
    control = page.locator(f"[data-name={name}]")
    control.focus()
    for _ in range(times):
        page.keyboard.press(key)

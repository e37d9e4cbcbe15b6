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


def press(page, name, key, times=1):
    """Give a control the focus and press a key."""
    control = page.locator(f"[data-name={name}]")
    control.focus()
    for _ in range(times):
        page.keyboard.press(key)

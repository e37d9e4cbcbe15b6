"""What the tests of the live figures share: a page with figures on it, and a hand on them."""


def page_of(*figures, body=""):
    """Return a page with nothing but these figures on it."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>live</title>'
    return f"{head}<body {body}>" + "".join(figure.html for figure in figures)


def drive(page, code, *arguments):
    """Call a function of the page's figure: drive(page, "figure => figure.live.state()")."""
    return page.locator("figure.lstm-live").first.evaluate(code, *arguments)


def press(page, name, key, times=1):
    """Give a control the focus and press a key."""
    control = page.locator(f"[data-name={name}]")
    control.focus()
    for _ in range(times):
        page.keyboard.press(key)

"""Serve the built site to this machine alone: `python -m tools.serve`, or `make serve`."""

import functools
import http.server

from lstm_utils import command_line
from tools.contents import ROOT, require_built


def main(arguments=None):
    parser = command_line.parser(__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port, site = parser.parse_args(arguments).port, ROOT / "_build" / "html"
    require_built(site)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        raise OSError(f"port {port} can't be used ({error}): make serve PORT=…") from error
    with server:
        print(f"http://localhost:{port}  (Ctrl-C stops it)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    command_line.run(main)

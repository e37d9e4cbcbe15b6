"""A JupyterHub for trying the course on one machine, which nobody else can reach.

    jupyterhub --config tools/hub/jupyterhub_config.py

`try_two_users.py` beside it starts it too, in a folder and on ports of its own. For a class, read
course/jupyterhub/README.md: the authenticator and the spawner below are for trying only, and say so
themselves.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  JupyterHub defines it

folder = Path(os.environ.get("COURSE_HUB_FOLDER", "_build/hub")).resolve()
port = int(os.environ.get("COURSE_HUB_PORT", "8765"))
folder.mkdir(parents=True, exist_ok=True)

# Loopback only: the proxy that browsers talk to, the hub behind it, and the proxy's own interface.
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{port + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{port + 2}"
c.ConfigurableHTTPProxy.command = os.environ.get("COURSE_HUB_PROXY", "configurable-http-proxy")
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"

# Any password will do, for these two names only.
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"student-one", "student-two"}

# A process and a home folder for each student, but no account: all of them are you.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "homes" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
# One thread a student: with many of them on a machine, more threads are slower for everyone.
c.Spawner.environment = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
if os.geteuid() == 0:  # as in a container; a Jupyter server refuses root otherwise
    c.Spawner.args = ["--allow-root"]

"""The hub that the course describes: its files, and a real one where JupyterHub is installed."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml
from traitlets.config import Config

from course.jupyterhub import links
from tools.contents import ROOT

HUB = ROOT / "course" / "jupyterhub"
TRIED = ROOT / "tools" / "hub"

# What The Littlest JupyterHub's own config_schema.py says of the settings used here.
TLJH = {
    "limits.memory": {"type": "string", "pattern": r"^\d+(\.\d+)?[KMGT]$"},
    "limits.cpu": {"type": "number", "minimum": 0},
    "services.cull.timeout": {"type": "integer"},
    "services.cull.every": {"type": "integer"},
    "services.cull.max_age": {"type": "integer"},
    "user_environment.default_app": {"enum": ["jupyterlab", "classic"]},
    "https.enabled": {"type": "boolean"},
    "https.letsencrypt.email": {"type": "string"},
    "https.letsencrypt.domains": {"type": "string"},
}


def configured(path, environment, monkeypatch):
    """What a configuration file of JupyterHub sets."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config = Config()
    exec(
        compile(path.read_text(encoding="utf-8"), path.name, "exec"), {"get_config": lambda: config}
    )
    return config


def test_the_hub_for_trying_listens_on_loopback_and_knows_two_names(tmp_path, monkeypatch):
    path = TRIED / "jupyterhub_config.py"
    c = configured(path, {"COURSE_HUB_FOLDER": str(tmp_path)}, monkeypatch)
    addresses = [c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url]
    assert {urlsplit(address).hostname for address in addresses} == {"127.0.0.1"}
    assert len({urlsplit(address).port for address in addresses}) == 3
    assert c.Spawner.ip == "127.0.0.1"
    assert (c.JupyterHub.authenticator_class, c.JupyterHub.spawner_class) == ("dummy", "simple")
    assert c.Authenticator.allowed_users == {"student-one", "student-two"}
    assert "{username}" in c.SimpleLocalProcessSpawner.home_dir_template


def test_the_littlest_jupyterhub_is_set_up_with_settings_that_it_has(monkeypatch):
    script = HUB / "tljh" / "configure.sh"
    subprocess.run(["bash", "-n", script], check=True)
    lines = re.findall(
        r"(?m)^sudo tljh-config (?:set|add-item) (\S+) (\S+)", script.read_text(encoding="utf-8")
    )
    assert {name for name, _ in lines} == set(TLJH)
    for name, value in lines:
        jsonschema.validate(yaml.safe_load(value.strip('"')), TLJH[name])
    c = configured(HUB / "tljh" / "course_config.py", {}, monkeypatch)
    environment = c.Spawner.environment.get_value({})
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["LSTM_BOOK_CACHE"] in script.read_text(encoding="utf-8")


def test_the_values_for_the_chart_have_names_and_types_that_it_knows():
    values = yaml.safe_load((HUB / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((TRIED / "values.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(values, schema)
    values["singleuser"]["memory"]["limits"] = values["singleuser"]["memory"].pop("limit")
    with pytest.raises(jsonschema.ValidationError, match="limits"):
        jsonschema.validate(values, schema)


def test_links_ask_for_the_newest_notebooks_of_the_branch_for_students():
    for name in links.CHAPTERS:
        address = urlsplit(links.link("https://hub.example.org/", name))
        assert address.path == "/hub/user-redirect/git-pull"
        asked = parse_qs(address.query)
        folder = links.repository().split("/")[-1]
        assert asked == {
            "repo": [links.repository()],
            "urlpath": [f"lab/tree/{folder}/{name}"],
            "branch": ["student"],
        }
        on_binder = parse_qs(urlsplit(links.binder_link(name)).query)["urlpath"][0]
        assert on_binder == f"git-pull?{address.query}"
    page = (HUB / "README.md").read_text(encoding="utf-8")
    for part in (f"?repo={links.repository()}\n", f"/{links.CHAPTERS[2]}\n", "&branch=student\n"):
        assert part in page


@pytest.mark.parametrize(
    "hub",
    ["https://hub.example.org/hub/home", "https://x.org/hub", "https://x.org?next=y", "x.org"],
)
def test_an_address_that_is_not_a_hubs_own_is_refused(hub, capsys):
    with pytest.raises(SystemExit):
        links.main([hub])
    assert "without /hub" in capsys.readouterr().err


def test_a_hub_may_lie_below_another_address(capsys):
    links.main(["https://x.org/jupyter/"])
    assert "(https://x.org/jupyter/hub/user-redirect/git-pull?" in capsys.readouterr().out


def test_binder_installs_what_the_chapters_import_from_one_folder():
    assert not (ROOT / ".binder").exists(), "repo2docker reads one of the two"
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "--"))]
    assert wanted == [".[frameworks,chapters]", "nbgitpuller"]
    assert (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip() == "python-3.11"


@pytest.mark.skipif(
    not importlib.util.find_spec("repo2docker"), reason="jupyter-repo2docker is not installed"
)
def test_repo2docker_recognises_the_environment(monkeypatch):
    from repo2docker.app import Repo2Docker

    monkeypatch.chdir(ROOT)
    app = Repo2Docker()
    packs = (pack(app.base_image) for pack in app.buildpacks)
    pack = next(pack for pack in packs if pack.detect())
    assert (type(pack).__name__, pack.python_version) == ("PythonBuildPack", "3.11")


def test_two_students_work_in_a_real_hub():
    """The quick part, five cells each: `make hub` runs the whole chapter."""
    for name in ("jupyterhub", "jupyterlab", "nbgitpuller", "websocket", "psutil"):
        pytest.importorskip(name, reason="`make hub` installs the extra `hub`")
    from tools.hub.try_two_users import proxy_program

    assert proxy_program(), "configurable-http-proxy is missing: npm install --prefix tools"
    done = subprocess.run(
        [sys.executable, "-m", "tools.hub.try_two_users", "--quick"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("5 code cells") == 2
    assert "student one's work is still there" in done.stdout
    assert "no process is left" in done.stdout

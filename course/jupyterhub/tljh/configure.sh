#!/usr/bin/env bash
# The Littlest JupyterHub for this course: run it once on the server, as an administrator.
#   bash configure.sh hub.example.org you@example.org
# What these settings are for, and where the numbers come from: course/jupyterhub/README.md
set -euo pipefail
host=$1
mail=$2

# One environment for everybody. Name PyTorch's own index of CPU builds in PIP_EXTRA_INDEX_URL
# beforehand (its site gives the address), and it is gigabytes smaller.
sudo -E /opt/tljh/user/bin/pip install \
  "lstm-utils[frameworks,chapters] @ git+https://github.com/lstm-book/lstm-book" nbgitpuller

# What one student may take: a kernel of chapter 6 with the whole corpus needs 2.1 GiB.
sudo tljh-config set limits.memory 3G
sudo tljh-config set limits.cpu 2

# A lesson has pauses: stop a server after an hour without work, not after ten minutes.
sudo tljh-config set services.cull.timeout 3600
sudo tljh-config set services.cull.every 300
sudo tljh-config set services.cull.max_age 43200

sudo tljh-config set user_environment.default_app jupyterlab
sudo tljh-config set https.enabled true
sudo tljh-config set https.letsencrypt.email "$mail"
sudo tljh-config add-item https.letsencrypt.domains "$host"

# One copy of the corpora for all, and one thread a student.
sudo mkdir -p /srv/lstm-book
sudo install -m 644 "$(dirname "$0")/course_config.py" /opt/tljh/config/jupyterhub_config.d/
sudo LSTM_BOOK_CACHE=/srv/lstm-book /opt/tljh/user/bin/python -c "
from lstm_utils.corpora import load_headlines, load_nsmc
for corpus in (load_nsmc('train'), load_nsmc('test'), load_headlines()):
    print(corpus.source, corpus.path)  # `download`, or `sample` where there was no answer
"

sudo tljh-config reload
sudo tljh-config reload proxy

"""Read by The Littlest JupyterHub from /opt/tljh/config/jupyterhub_config.d/ (see configure.sh)."""

c = get_config()  # noqa: F821  JupyterHub defines it

c.Spawner.environment.update(
    {
        # One thread a student: a core is shared by several.
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # The corpora, downloaded once; without this each student downloads their own copy.
        "LSTM_BOOK_CACHE": "/srv/lstm-book",
    }
)
# The first import of TensorFlow on a cold disk takes its time.
c.Spawner.start_timeout = 120

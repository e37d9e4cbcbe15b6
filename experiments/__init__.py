"""The full-scale runs behind the chapters: one program a task, one JSON record a run."""

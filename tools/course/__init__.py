"""Makes the course from the chapters: exercises, notebooks, assignments and slides."""

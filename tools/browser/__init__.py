"""Opens the built site in Chromium: to audit it, to measure it, to print it."""

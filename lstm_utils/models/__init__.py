"""The models of chapters 5 to 8, as the chapters build them and load them again."""

"""The hub of a class: tried with two students, its files checked, its memory measured."""

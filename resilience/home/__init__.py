"""Composition of the rooms into each person's first page, the navigation and the search. Nothing imports it."""

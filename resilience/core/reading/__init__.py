"""Reading a file that somebody sent, with the standard library alone: it runs in a process of its own.

Nothing here may import Django or a room: the process starts in a twentieth of a second and knows no secrets.
Ask for it through ``resilience.core.uploaded.read_table``.
"""

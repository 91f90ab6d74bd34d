"""Clips of alerts (录像片段): the seconds around the opening of an episode, as they were sent.

A camera is recorded in memory while a rule suspects something (`tape`), a thread of its own makes
MP4 files of what belongs to an alert (`units`, `mux`, `maker`), they wait in a folder with a limit
(`store`) and are brought to the platform after their alert (`courier`). Nothing is decoded and
nothing encoded anew.
"""

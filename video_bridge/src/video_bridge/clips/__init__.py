"""Sample clips with labels: what must be found in which seconds, and what must not.

They are composed from one street video (persons cut out of it walk over the street without
persons, on paths that are known because they are scripted) and from drawn water and objects. The
same source gives the same clips.
"""

"""What a tier *is*: its names, its bucket's keys, and what lies there (standard library only).

Everybody who speaks of a tier takes the words from here: what is deployed, what deploys it, what
prepares data for it, and what runs in it.
"""
